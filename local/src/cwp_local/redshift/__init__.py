"""The local stand-in for Redshift Serverless: its Data API over a DuckDB file.

Programs talk to it with boto3 alone (`boto3.client("redshift-data")` and an endpoint); nothing
here is imported by a service. README.md says what holds and where it differs from AWS.
"""
