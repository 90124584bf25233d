"""Files read at any place, local or remote."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from layer_action.errors import BuildError, DownloadError
from layer_action.exhausted import exhausted


class RangedFile:
    """A remote or local file that is read at any place. Close it, or use it in a `with`."""

    def __init__(
        self,
        *,
        size: int,
        fetch: Callable[[int, int], bytes],
        tail: bytes = b"",
        spool: BinaryIO | None = None,
    ) -> None:
        """Keep the tail that came with the first answer."""
        self.size = size
        self._fetch = fetch
        self._tail = tail
        self._spool = spool

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, fewer only at the end. Raises DownloadError."""
        count = min(count, self.size - offset)
        if count <= 0:
            return b""
        inside = offset - (self.size - len(self._tail))
        if inside >= 0:
            return self._tail[inside : inside + count]
        return self._fetch(offset, count)

    def let_go(self) -> None:
        """Let go of the tail, 64 KiB of memory: who reads on asks for it again."""
        self._tail = b""

    def close(self) -> None:
        """Remove what was kept on disk."""
        if self._spool:
            self._spool.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def local_file(path: Path, name: str) -> RangedFile:
    """Open a file of this machine. Raises DownloadError with `name` in its message."""

    def fetch(offset: int, count: int) -> bytes:
        with path.open("rb") as file:
            return seek_and_read(file, offset, count)

    try:
        return RangedFile(size=path.stat().st_size, fetch=fetch)
    except OSError as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: OSError) -> BuildError:
    """Translate what the operating system says of a local file; a missing one is a 404."""
    status = 404 if isinstance(error, FileNotFoundError) else 0
    return exhausted(error) or DownloadError(
        f"{name} cannot be read: {error.strerror}.",
        status=status,
        hint="A file: address is one of this machine: check that the file is there, and may be read.",
    )


def seek_and_read(file: BinaryIO, offset: int, count: int) -> bytes:
    """Return `count` bytes from `offset`."""
    file.seek(offset)
    return file.read(count)
