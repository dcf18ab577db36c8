"""The eight state types on a Visit: those that call nobody in `flow`, the others each in a module of its own."""
