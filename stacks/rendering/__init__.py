"""A pipeline in each orchestrator's own terms, as plain data: no AWS, no CDK."""
