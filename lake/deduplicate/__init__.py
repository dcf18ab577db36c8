"""Rows whose key is there already: found by hash before the commit, set aside by a second conversion."""
