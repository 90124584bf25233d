"""Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely."""

__version__ = "1.0.0"  # hatchling reads it with a pattern that knows no `: Final`
