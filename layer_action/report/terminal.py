"""Where a person reads along: a terminal, or the log of a run that is not on a GitHub runner."""

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import StrEnum
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Final, TextIO

from layer_action.errors import Location
from layer_action.ports.speaking import Progress
from layer_action.record import field, record
from layer_action.report.escape import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

WIDEST: Final = 110
_NARROWEST: Final = 60
_MASKED: Final = "***"
# Shorter work is over before a bar could be read.
_FEW_STEPS: Final = 3


def width_of(stream: TextIO) -> int:
    """Return how many columns a text has for who reads a stream: those of a terminal, up to what is easily read."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream.isatty() else WIDEST
    except (OSError, ValueError):  # it has no file, or is closed
        columns = WIDEST
    return max(_NARROWEST, min(columns or WIDEST, WIDEST))


class Style(StrEnum):
    """SGR parameters (ECMA-48) of the few colours in use."""

    BOLD = "1"
    DIM = "2"
    RED = "31"
    YELLOW = "33"
    CYAN = "36"


_MARKS: Final = {"✗ ": Style.RED, "! ": Style.YELLOW}


@record(frozen=False, kw_only=False)
class TerminalConsole:
    """Implements ports.Console. Colours and progress only on a terminal, and no colour with NO_COLOR or TERM=dumb.

    `err` takes warnings and errors: what a command prints on `out` can be piped. Safe to use from several threads.
    """

    env: "Mapping[str, str]"
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    verbose: bool = False
    _depth: int = 0
    _secrets: list[str] = field(default_factory=list)
    _lock: RLock = field(default_factory=RLock)
    _bar: "RichProgress | None" = None

    def group(self, title: str) -> AbstractContextManager[None]:
        """Indent what is printed inside; the end shows the duration."""
        return self._group(title)

    def info(self, text: str) -> None:
        """Print a line, or several."""
        self._print(text)

    def debug(self, text: str) -> None:
        """Print where somebody asked for detail."""
        if self.verbose:
            self._print(text, style=Style.DIM)

    def notice(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Tell what is worth knowing."""
        self._annotate("notice", text, title, location, Style.CYAN)

    def warning(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Tell that something may be wrong."""
        self._annotate("warning", text, title, location, Style.YELLOW)

    def error(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Tell that something is wrong."""
        self._annotate("error", text, title, location, Style.RED)

    def foreign(self, text: str) -> None:
        """Print text that is not ours: behind a bar, and without control characters."""
        self._print("\n".join(f"| {line}" for line in text.splitlines()), style=Style.DIM)

    def mask(self, secret: str) -> None:
        """Never show this again."""
        with self._lock:
            if secret.strip() and secret not in self._secrets:
                # The longest first: a secret may hold another one.
                self._secrets = sorted([*self._secrets, secret], key=len, reverse=True)

    def progress(self, title: str, total: int) -> AbstractContextManager[Progress]:
        """Show a bar on a terminal; in a log one line at the end."""
        with self._lock:
            wanted = self.out.isatty() and self.env.get("TERM") != "dumb" and self._bar is None and total > _FEW_STEPS
            return self._rich_progress(title, total) if wanted else self._quiet_progress(title, total)

    @contextmanager
    def _group(self, title: str) -> Iterator[None]:
        started = monotonic()
        self._print(title, style=Style.BOLD)
        self._depth += 1
        try:
            yield
        finally:
            self._print(f"{monotonic() - started:.1f} s", style=Style.DIM)
            self._depth -= 1

    @contextmanager
    def _quiet_progress(self, title: str, total: int) -> Iterator[Progress]:
        started = monotonic()
        yield _Unseen()
        self.debug(f"{title}: {total} in {monotonic() - started:.1f} s")

    @contextmanager
    def _rich_progress(self, title: str, total: int) -> Iterator[Progress]:
        from rich.console import Console  # noqa: PLC0415 - 100 ms that only a terminal pays
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
        from rich.progress import Progress as Bar  # noqa: PLC0415

        console = Console(file=self.out, no_color=not self._has_colour(self.out))
        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Bar(*columns, console=console, transient=True) as bar:
            with self._lock:
                self._bar = bar
            try:
                yield _Bar(bar=bar, task=bar.add_task(self._safe(title), total=total))
            finally:
                with self._lock:
                    self._bar = None

    def _annotate(self, kind: str, text: str, title: str, location: Location | None, style: Style) -> None:
        """Print what happened in colour, and what to do below it, indented."""
        where = f"{location}: " if location else ""
        what = f"{title}: " if title else ""
        happened, *more = text.splitlines() or [""]
        with self._lock:
            self._print(f"{where}{kind}: {what}{happened}", to=self.err, style=style)
            for line in more:
                self._print(f"  {line}", to=self.err)

    def _print(self, text: str, *, to: TextIO | None = None, style: Style | None = None) -> None:
        stream = self.out if to is None else to
        with self._lock, self._paused():
            for line in self._safe(text).split("\n"):
                indented = ("  " * self._depth + line).rstrip()
                if indented and self._has_colour(stream):
                    indented = _coloured(indented, style) if style else _marked(indented)
                stream.write(_encodable(indented, stream) + "\n")
            stream.flush()

    def _paused(self) -> AbstractContextManager[object]:
        """Keep lines and the bar from writing over each other."""
        return nullcontext() if self._bar is None else _Pause(self._bar)

    def _safe(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _MASKED)
        return "\n".join(visible(line.expandtabs(4)) for line in text.splitlines()) if text else ""

    def _has_colour(self, stream: TextIO) -> bool:
        return stream.isatty() and not self.env.get("NO_COLOR") and self.env.get("TERM") != "dumb"


@record(kw_only=False)
class _Pause:
    """Take the bar off the screen while lines are printed."""

    bar: "RichProgress"

    def __enter__(self) -> None:
        self.bar.stop()

    def __exit__(self, *_: object) -> None:
        self.bar.start()


@record(kw_only=False)
class _Unseen:
    """Progress that nobody watches."""

    def advance(self, steps: int = 1) -> None:
        """Tell that some steps are done."""


@record(kw_only=False)
class _Bar:
    """Progress on a terminal."""

    bar: "RichProgress"
    task: "TaskID"

    def advance(self, steps: int = 1) -> None:
        """Tell that some steps are done."""
        self.bar.advance(self.task, steps)


def _coloured(text: str, style: Style) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"


def _marked(line: str) -> str:
    """Colour the mark that a report puts in front of a problem."""
    mark, style = line[:1], _MARKS.get(line[:2])
    return f"{_coloured(mark, style)}{line[1:]}" if style else line


def _encodable(text: str, stream: TextIO) -> str:
    """Return what the stream can write: an old locale must not end a run."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding, "replace")
