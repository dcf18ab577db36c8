"""New York City green taxi trips: the contract, and generators of clean and of damaged files."""
