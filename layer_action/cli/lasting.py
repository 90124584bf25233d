"""Standard streams that outlast their reader."""

import io
import os
import sys
from typing import TextIO, cast


def outlast_readers() -> None:
    """Let the run go on when `| head` has seen enough, or a terminal is gone: a rollout must not end by that.

    A stream that was closed from the start leads to nowhere: its number would go to the next file that is opened.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdin = sys.stdin or _nowhere(0, "r")
    sys.stdout = _Lasting.of(sys.stdout) if sys.stdout else _nowhere(1, "w")
    sys.stderr = _Lasting.of(sys.stderr) if sys.stderr else _nowhere(2, "w")


def _nowhere(number: int, mode: str) -> TextIO:
    """Return what Python has none of when it starts with a closed stream."""
    return cast("TextIO", os.fdopen(number, mode, encoding="utf-8", closefd=False))


class _Lasting(io.TextIOWrapper):
    """A text stream that writes to nowhere once nobody reads it."""

    @classmethod
    def of(cls, stream: TextIO) -> TextIO:
        """Take a stream's place; what is no file keeps its own."""
        if not isinstance(stream, io.TextIOWrapper):
            return stream
        return cls(stream.buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering)

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._let_go()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._let_go()
            super().flush()

    def _let_go(self) -> None:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - pathlib is not loaded for `--help`
            os.dup2(nowhere.fileno(), self.fileno())
