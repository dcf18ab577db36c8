"""One folder per dataset: its contract, and where its data come from."""
