"""Redshift Serverless and its Data API on DuckDB: an allow-list of statements, everything else refused by name."""
