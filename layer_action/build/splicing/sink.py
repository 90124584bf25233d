"""Where a zip is written to: its sha256 is taken from the bytes as they go by, in a thread of its own."""

import base64
import hashlib
from collections.abc import Iterable
from queue import SimpleQueue
from threading import BoundedSemaphore, Thread
from types import TracebackType
from typing import BinaryIO, Final, Self

_BLOCK: Final = 1 << 17  # bytes gathered before they are hashed and written
_PIECES: Final = 1 << 11  # or so many pieces: each costs memory of its own
_IN_FLIGHT: Final = 2  # blocks that are written but not yet hashed
_END: Final = b""


class Sink:
    """Gathers small pieces; while one block is hashed, the next is made. `position` is the count of bytes so far.

    To be used in a `with` block. Raises OSError when the file cannot take more.
    """

    def __init__(self, into: BinaryIO) -> None:
        """Write to a file that is open without a buffer."""
        self.position = 0
        self._into = into
        self._pieces: list[bytes | memoryview] = []
        self._gathered = 0
        self._sha256 = hashlib.sha256()
        self._blocks: SimpleQueue[bytes | memoryview] = SimpleQueue()
        self._room = BoundedSemaphore(_IN_FLIGHT)
        self._hashing = Thread(target=self._hash, name="sha256", daemon=True)

    def put(self, piece: bytes | memoryview) -> None:
        """Write one piece; a large one goes as it is, without a copy."""
        if len(piece) < _BLOCK:
            self.put_all((piece,), len(piece))
            return
        self._flush()
        self.position += len(piece)
        self._send(piece)

    def put_all(self, pieces: Iterable[bytes | memoryview], size: int) -> None:
        """Write pieces that have `size` bytes together."""
        self.position += size
        self._pieces += pieces
        self._gathered += size
        if self._gathered >= _BLOCK or len(self._pieces) >= _PIECES:
            self._flush()

    def finish(self) -> str:
        """Write what is left and return the sha256 of everything in base64, as AWS reports it."""
        self._flush()
        self._stop()
        return base64.b64encode(self._sha256.digest()).decode()

    def _flush(self) -> None:
        self._send(b"".join(self._pieces))
        self._pieces.clear()
        self._gathered = 0

    def _send(self, block: bytes | memoryview) -> None:
        if not block:
            return
        self._room.acquire()
        self._blocks.put(block)
        left = memoryview(block)
        while left:  # a disk that is nearly full takes a part
            left = left[self._into.write(left) :]

    def _hash(self) -> None:
        while block := self._blocks.get():
            self._sha256.update(block)
            self._room.release()

    def _stop(self) -> None:
        self._blocks.put(_END)
        self._hashing.join()

    def __enter__(self) -> Self:
        """Start hashing."""
        self._hashing.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Stop hashing, also after an error."""
        self._stop()
