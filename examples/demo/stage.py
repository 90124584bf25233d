"""What the audience sees: numbered steps, what was run, and each claim with the proof that it is true."""

import os
import sys
import textwrap
import time
from collections.abc import Iterable
from typing import Final, TextIO

_WIDTH: Final = 110


class UntrueError(Exception):
    """A claim of the demo did not hold."""


class Stage:
    """Prints to a terminal (with a little colour) or to a log (without), line by line."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._started = time.monotonic()
        self._steps = 0
        self._claims = 0
        self._colours = out.isatty() and "NO_COLOR" not in os.environ

    @property
    def claims(self) -> int:
        """How many claims have held so far."""
        return self._claims

    @property
    def seconds(self) -> float:
        """How long the demo has been running."""
        return time.monotonic() - self._started

    def step(self, title: str) -> None:
        """Begin the next chapter."""
        self._steps += 1
        self._print()
        self._print(self._bold(f"{self._steps}. {title}") + f"   [{self.seconds:.0f} s]")

    def say(self, text: str) -> None:
        """Tell what happens, in sentences."""
        self._print(textwrap.fill(text, _WIDTH, initial_indent="   ", subsequent_indent="   "))

    def show(self, lines: Iterable[str]) -> None:
        """Show the output of a program, or a table, as it is."""
        for line in lines:
            self._print(f"   | {line.rstrip()}")

    def ran(self, command: str) -> None:
        """Name the command that follows."""
        self._print("   " + self._bold(f"$ {command}"))

    def claim(self, text: str, holds: bool, evidence: object = "") -> None:  # noqa: FBT001 - a claim reads as one sentence
        """Say something and prove it. Raises UntrueError, with the evidence, when it is not so."""
        if not holds:
            raise UntrueError(f"not true: {text}" + (f"\n{evidence}" if evidence else ""))
        self._claims += 1
        self._print("   " + self._green("✓") + textwrap.indent(textwrap.fill(text, _WIDTH - 2), "     ")[4:])

    def _print(self, line: str = "") -> None:
        print(line, file=self._out, flush=True)

    def _bold(self, text: str) -> str:
        return f"\x1b[1m{text}\x1b[0m" if self._colours else text

    def _green(self, text: str) -> str:
        return f"\x1b[32m{text}\x1b[0m" if self._colours else text
