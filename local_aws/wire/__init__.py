"""The AWS wire protocol, both ways: HTTP requests to named parameters, answers to HTTP responses."""
