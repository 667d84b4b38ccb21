"""Maps raw rows to canonical rows and turns them into SCD Type 2 history."""
