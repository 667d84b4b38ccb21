"""`COPY ... FORMAT AS PARQUET MANIFEST`: reads the manifest and the files, refuses as Redshift."""
