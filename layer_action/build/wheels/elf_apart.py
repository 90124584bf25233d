"""Compiled files of new wheels, read by a program of its own: what reads them takes memory, and time of another core.

It is this module. Where it cannot be started, or ends, the files are read here.
"""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import BinaryIO, Final, Self

from layer_action import process
from layer_action.build.wheels.elf import CompiledFile, read_elf

_TOP: Final = Path(__file__).parents[3]
_NO_ELF: Final = "none"


class ElfReader:
    """Reads compiled files, for several threads. To be used in a `with` block; the first file starts the program."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = Lock()
        self._stack = ExitStack()
        self._ask: Callable[[str], str] | None = None

    def read(self, path: str, file: BinaryIO) -> CompiledFile | None:
        """Return what an open file asks for; None when it only looks like ELF."""
        file.flush()
        with self._lock:
            if self._ask is None:
                self._ask = self._start()
            answer = self._ask(f"/proc/{os.getpid()}/fd/{file.fileno()}")
        if answer == _NO_ELF:
            return None
        machine, _, glibc = answer.rpartition(" ")
        major, _, minor = glibc.partition(".")
        return CompiledFile(path, machine, (int(major), int(minor))) if machine else read_elf(path, file)

    def _start(self) -> Callable[[str], str]:
        command = [sys.executable, "-s", "-P", "-m", __name__]
        try:
            return self._stack.enter_context(process.answering(command, env={"PYTHONPATH": str(_TOP)}, cwd=_TOP))
        except OSError:
            return lambda _: ""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the program."""
        self._stack.close()


def _answer() -> None:
    """Answer for each file that standard input names."""
    for line in sys.stdin:
        with Path(line.rstrip("\n")).open("rb") as file:
            found = read_elf("", file)
        major, minor = found.glibc if found else (0, 0)
        sys.stdout.write(f"{found.machine} {major}.{minor}\n" if found else f"{_NO_ELF}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer()
