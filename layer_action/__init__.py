"""Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely."""

from typing import Final

__version__: Final = "1.0.0"
