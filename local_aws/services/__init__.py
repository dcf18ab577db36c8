"""Small engines, one module or package per AWS service, behind botocore's models."""
