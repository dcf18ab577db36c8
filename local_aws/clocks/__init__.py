"""Time as the local AWS and the interpreter see it."""
