"""The peers, each with the settings that its documentation recommends for speed.

All write zstd Parquet with one flat column per path, lists as JSON text, into a folder. Those that
hold a table in memory take as many pages at a time as the writer puts into a file. One module each:
nobody pays for another's imports.
"""
