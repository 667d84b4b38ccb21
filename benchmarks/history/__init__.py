"""A batch of changed rows into a long history: the transformer and its peers."""
