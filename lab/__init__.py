"""The comparison: commands, one client per orchestrator, measuring and the report."""
