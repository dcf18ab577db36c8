"""The embedded AWS: speaks the wire protocol and templates, and nothing else of the project knows it exists."""
