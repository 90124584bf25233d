"""Requirements that others wrote (PEP 508): what cannot be read is none."""

import re
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement

ENDLESS: Final = re.compile(r"\d{1000}")  # Python itself refuses a number of 4 301 digits


def readable(text: str) -> Requirement | None:
    """Return a requirement; None for what is none, as old metadata has it, or was made to be hard to read."""
    try:
        return None if ENDLESS.search(text) else Requirement(text)
    except (InvalidRequirement, RecursionError):
        return None
