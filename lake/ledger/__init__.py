"""What is committed, open, held and withdrawn: the ledger's entries and what follows from them."""
