"""Step Functions: the service around the interpreter in `local_aws.asl`."""
