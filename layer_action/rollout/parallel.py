"""Many calls in flight at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Item = TypeVar("_Item")

# Threads mostly wait, but each costs memory: several regions share this many.
_MOST: Final = 192


def in_parallel(work: Callable[[_Item], None], items: Sequence[_Item], *, at_once: int) -> None:
    """Do something for every item, some at a time, begun in their order; pass on what it raises."""
    if not items:
        return
    with ThreadPoolExecutor(max_workers=min(at_once, len(items), _MOST)) as pool:
        for _ in pool.map(work, items):
            pass
