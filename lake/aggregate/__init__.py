"""The report table: mean delays and cancelled share of flights by carrier, origin and month."""
