"""Sandbox to raw Parquet, through the deployed services."""
