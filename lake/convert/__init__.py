"""From landed CSV files to committed Parquet: stores, engines, batches and the one commit point."""
