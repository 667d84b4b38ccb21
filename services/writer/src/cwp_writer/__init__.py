"""Batches landed pages of one tenant, table and run into one raw Parquet file."""
