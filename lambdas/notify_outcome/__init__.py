"""Tells the one outcome of each Glue workflow run."""
