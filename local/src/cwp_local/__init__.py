"""The embedded cloud: emulator runner, ConnectWise sandbox, Redshift Data API over DuckDB."""
