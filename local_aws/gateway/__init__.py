"""The gateway: a server on one loopback port, where every call is recorded and faults are injected."""
