"""Checks of what is synthesised: rules of our own, and cdk-nag with the findings that are meant."""
