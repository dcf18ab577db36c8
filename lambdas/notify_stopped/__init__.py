"""Tells the outcome of an execution that could not tell it itself."""
