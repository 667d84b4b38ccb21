"""Redshift's SQL, run by DuckDB: parsed by sqlglot, rewritten by rules of our own, then strict."""
