"""Trips of green taxis, made up: numbers, times and money as in the real files, and damage to them."""
