"""Rows whose key is there already: found by hash before the commit, quarantined by a second conversion."""
