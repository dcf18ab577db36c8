"""Starts the Glue workflow when something landed."""
