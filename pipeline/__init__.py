"""The domain: what every part of the project agrees on. Standard library only."""
