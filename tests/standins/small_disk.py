"""A disk without room: a real file system of one page, and that is taken."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PAGE = 4096
needs_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


@contextmanager
def full_disk(folder: Path, *, keeping: str = "") -> Iterator[None]:
    """Make a folder a disk that takes not one byte more; a file `keeping` is on it, with a line in it."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = 2 if keeping else 1
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * PAGE}", "tmpfs", str(folder)], check=True)
    try:
        if keeping:
            (folder / keeping).write_text("kept\n", encoding="utf-8")
        (folder / "full").write_bytes(b"x" * PAGE)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
