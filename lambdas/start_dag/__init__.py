"""Starts the DAG when something landed."""
