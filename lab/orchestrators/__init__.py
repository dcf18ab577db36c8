"""One client per orchestrator: plain boto3, the same against AWS and against the local AWS."""
