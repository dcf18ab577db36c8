"""The lake: CSV to Parquet with a ledger, by jobs on AWS as by `lab convert` in a folder."""
