"""A wheel that is open for reading: a file of the cache, a fresh build, or one still on the index."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layer_action.formats.zipdir import Member, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWheel:
    """A wheel and how to read it. `sha256` is 64 hex digits."""

    filename: str
    sha256: str
    members: tuple[Member, ...]
    read: Read


@contextmanager
def reading(path: Path) -> Iterator[tuple[Read, int]]:
    """Open a file for reads at any place, by several threads at once; give its size too."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        yield lambda offset, count: os.pread(handle, count, offset), os.fstat(handle).st_size
    finally:
        os.close(handle)
