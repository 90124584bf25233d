"""Files of the cache. They appear whole: written under a name that nobody looks for, then renamed.

What is read back may be of strangers, who can fill a cache: a device or a pipe would never end.
"""

import errno
import os
import stat
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


def opened(path: Path, most: int) -> BinaryIO:
    """Open what was written so. Raises OSError, also for what is no file, or one of more bytes than it can have."""
    file = open(path, "rb", opener=_at_once)  # noqa: SIM115 - returned; Path has no opener
    found = os.fstat(file.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_size > most:
        file.close()
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    return file


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
