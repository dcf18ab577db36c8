"""Settings of one environment: read from YAML, checked, frozen. Imports no aws_cdk."""
