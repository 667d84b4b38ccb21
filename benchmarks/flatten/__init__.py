"""Page bodies to flat Parquet: the writer and its peers."""
