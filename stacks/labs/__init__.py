"""The stacks that run the pipeline, one per orchestrator, and what only they are made of."""
