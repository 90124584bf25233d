"""Many calls in flight at once."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Item = TypeVar("_Item")

# Threads mostly wait, but each costs memory: several regions share this many.
_MOST: Final = 192


def in_parallel(work: Callable[[_Item], None], items: Sequence[_Item], *, at_once: int) -> None:
    """Do something for every item, some at a time, begun in their order; pass on what it raises.

    Each thread takes the next item when it has done one, so that thousands that wait cost nothing.
    """
    waiting, turn = iter(items), threading.Lock()

    def one_after_the_other() -> None:
        while True:
            with turn:
                try:
                    item = next(waiting)
                except StopIteration:
                    return
            work(item)

    if not items:
        return
    workers = min(at_once, len(items), _MOST)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for worker in [pool.submit(one_after_the_other) for _ in range(workers)]:
            worker.result()
