"""Names in a sentence."""

from collections.abc import Iterable
from typing import Final

# More names than this say nothing to a reader.
NAMED: Final = 3


def listed(names: Iterable[str], *, most: int = NAMED) -> str:
    """Return `a`, `a and b`, `a, b and c`, or `a, b, c and 4 more`."""
    items = list(names)
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most} more"
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)
