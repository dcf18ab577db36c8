"""Rows that were quarantined: shown, exported, replayed, accepted or withdrawn."""
