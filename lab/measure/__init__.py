"""What a run did, read from data and never from a status alone."""
