"""Building blocks with secure defaults; each is a noun."""
