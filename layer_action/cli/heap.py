"""What C's allocator keeps: as little as Python itself can do with."""

import ctypes
from contextlib import suppress
from typing import Final

_M_MMAP_THRESHOLD: Final = -3  # of <malloc.h>
_M_ARENA_MAX: Final = -8
# Bytes: more than the blocks that a zip is written in, for each page of new memory costs time. glibc begins with half
# of it, and would raise it to the size of the largest page of an index.
_LARGE: Final = 1 << 18


def share_one_heap() -> None:
    """Let all threads take memory from one place, and give large pieces back at once.

    glibc has a heap for each thread: twelve that ask an index keep 7 MiB that nobody uses. Other C libraries have none.
    """
    with suppress(OSError, AttributeError):
        tell = ctypes.CDLL(None).mallopt
        tell(_M_ARENA_MAX, 1)
        tell(_M_MMAP_THRESHOLD, _LARGE)
