"""Files that appear whole: written under a name that nobody looks for, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

PARTIAL: Final = ".part"


@contextmanager
def appearing(path: Path, *, buffering: int = -1) -> Iterator[tuple[BinaryIO, Path]]:
    """Write and read a file under its temporary name; it gets its own at the end of the block.

    After an error it vanishes. What a killed run leaves ends in PARTIAL.
    """
    partial = path.with_name(f".{os.urandom(8).hex()}{PARTIAL}")
    try:
        with partial.open("x+b", buffering=buffering) as file:
            yield file, partial
        partial.chmod(0o644)
        os.replace(partial, path)  # noqa: PTH105 - said as what it is: atomic
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
