"""Reads curated data back and compares it with the ledger; shares no code with the writer."""
