"""Measurements, not tests: run by hand, figures go into the docs."""
