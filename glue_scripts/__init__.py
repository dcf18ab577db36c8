"""Scripts that Glue jobs run, and what they share."""
