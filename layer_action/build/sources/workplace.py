"""The folder in which a source is built: the same at each time, for compilers write it into what they make."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from layer_action import strangers

_NAME: Final = 16  # hex digits


@contextmanager
def workplace(source: str) -> Iterator[Path]:
    """Make the folder of a source for a while; who wants the same one at that time waits.

    Where somebody else has what is called so, it is any folder.
    """
    with ExitStack() as stack:
        folder = strangers.ground_of_strangers() / f"lambda-layer-{sha256(source.encode()).hexdigest()[:_NAME]}"
        try:
            stack.enter_context(_alone(folder.with_suffix(".lock")))
            strangers.remove(folder)  # a killed run left it
            folder.mkdir(mode=0o700)
            stack.callback(strangers.remove, folder)
        except OSError:
            folder = stack.enter_context(strangers.folder_of_strangers())
        yield folder


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until nobody else holds a file, and hold it. Raises OSError where it is somebody else's."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_there(file, path):
                continue  # who held it removed it
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return
        finally:
            os.close(file)


def _is_there(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.lstat())
    except FileNotFoundError:
        return False
