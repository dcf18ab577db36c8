"""Loads the lane's committed batches and its report table into Redshift, exactly as the ledger says."""
