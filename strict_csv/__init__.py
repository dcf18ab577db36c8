"""The strict CSV reader: a record either means exactly what the contract says, or is rejected with its place."""
