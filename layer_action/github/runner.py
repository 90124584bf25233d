"""The workflow runner's protocol: commands on standard output, and the files that it collects from a step.

Rules and limits: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and the sources
of actions/runner (ActionCommandManager, FileCommandManager, ExecutionContext).
"""

import os
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Final, TextIO

from layer_action.errors import GitHubError, Location
from layer_action.github.cut import count_bytes, cut_markdown
from layer_action.ports.speaking import Progress

ANNOTATIONS_OF_A_KIND: Final = 10  # per step; the runner drops the rest
MESSAGE_LIMIT: Final = 4096  # characters; the runner cuts the rest
SUMMARY_LIMIT: Final = 1_000_000  # bytes; the runner drops a summary above 1 MiB as a whole

_OUTPUT_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def escape_data(text: str) -> str:
    """Escape what follows the second `::` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape the value of a property such as `file=`."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _may_command(text: str) -> bool:
    """Tell whether the runner could take a line of the text for an order."""
    return "##[" in text or any(line.lstrip().startswith("::") for line in _LINE_END.split(text))


class RunnerConsole:
    """The Console port inside GitHub Actions. Safe to call from several threads."""

    def __init__(
        self,
        out: TextIO,
        *,
        debug: bool = False,
        verbose: bool = False,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Write to `out`; `debug` is whether RUNNER_DEBUG is 1. With `verbose`, detail is shown without that too."""
        self._out = out
        self._debug = debug
        self._verbose = verbose
        self._token = token
        self._clock = clock
        self._lock = RLock()
        self._depth = 0
        self._annotations: Counter[str] = Counter()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Fold what is printed inside; the end shows the duration.

        The runner knows no groups inside of groups: those are plain lines.
        """
        started = self._clock()
        outermost = self._depth == 0
        self._depth += 1
        if outermost:
            self._order("group", title)
        else:
            self.info(title)
        try:
            yield
        finally:
            self._depth -= 1
            if outermost:
                self._order("endgroup", "")
            self.info(f"{title}: {self._clock() - started:.1f} s")

    def info(self, text: str) -> None:
        """Print a line."""
        if _may_command(text):
            self.foreign(text)
        else:
            self._write(text)

    def debug(self, text: str) -> None:
        """Print a line where RUNNER_DEBUG asks for it, as the runner shows debugging, or a plain one where we do."""
        if self._debug:
            self._order("debug", text)
        elif self._verbose:
            self.info(text)

    def notice(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: worth knowing."""
        self._annotate("notice", text, title, location)

    def warning(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something may be wrong."""
        self._annotate("warning", text, title, location)

    def error(self, text: str, *, title: str = "", location: Location | None = None) -> None:
        """Annotate: something is wrong."""
        self._annotate("error", text, title, location)

    def foreign(self, text: str) -> None:
        """Print text that is not ours, between `::stop-commands::` and its token."""
        token = self._token()
        self._write(f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::")

    def mask(self, secret: str) -> None:
        """Never show this again, neither the whole nor one of its lines."""
        for part in dict.fromkeys([secret, *_LINE_END.split(secret)]):
            if part.strip():
                self._order("add-mask", part)

    @contextmanager
    def progress(self, title: str, total: int) -> Iterator[Progress]:
        """Log a line at each quarter of the way: a log cannot be drawn over."""
        yield _Quarters(self, title, total)

    def _annotate(self, kind: str, text: str, title: str, location: Location | None) -> None:
        with self._lock:
            self._annotations[kind] += 1
            full = self._annotations[kind] > ANNOTATIONS_OF_A_KIND
        if full:
            where = f"{location}: " if location else ""
            self.info(f"{kind}: {where}{f'{title}: ' if title else ''}{text}")
            return
        file = location if location and location.is_file else None
        if location and not file:
            text = f"{location}: {text}"
        properties = {
            "file": file.file if file else "",
            "line": str(file.line) if file and file.line is not None else "",
            "title": title,
        }
        given = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items() if value)
        self._order(
            f"{kind} {given}" if given else kind,
            text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…",
        )

    def _order(self, command: str, text: str) -> None:
        self._write(f"::{command}::{escape_data(text)}")

    def _write(self, text: str) -> None:
        with self._lock:
            self._out.write(text + "\n")
            self._out.flush()


class _Quarters:
    """Progress in a log."""

    def __init__(self, console: RunnerConsole, title: str, total: int) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._done = 0
        self._shown = 0
        self._lock = RLock()

    def advance(self, steps: int = 1) -> None:
        """Count steps that are done."""
        with self._lock:
            self._done += steps
            quarter = 4 * self._done // max(self._total, 1)
            if quarter > self._shown:
                self._shown = quarter
                self._console.info(f"{self._title}: {self._done} of {self._total}")


class RunnerFiles:
    """The Runner port: GITHUB_OUTPUT and GITHUB_STEP_SUMMARY. Where a variable is missing, nothing is written."""

    def __init__(self, env: Mapping[str, str], *, token: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        """Take the files' paths from the environment."""
        self._output = env.get("GITHUB_OUTPUT", "")
        self._summary = env.get("GITHUB_STEP_SUMMARY", "")
        self._token = token

    def outputs(self, values: Mapping[str, str]) -> None:
        """Write step outputs. Raises GitHubError when the file cannot be written."""
        if self._output:
            _append(self._output, "".join(self._entry(name, value) for name, value in values.items()))

    def summary(self, markdown: str) -> None:
        """Append to the step summary, cut at its limit. Raises GitHubError when the file cannot be written."""
        if not self._summary:
            return
        path = Path(self._summary)
        used = path.stat().st_size if path.exists() else 0
        note = "Cut here: a step summary holds 1 MiB. The whole report is in the output `summary-file`."
        text = cut_markdown(markdown.rstrip("\n") + "\n", SUMMARY_LIMIT - used, note=note, measure=count_bytes)
        if used + count_bytes(text) <= SUMMARY_LIMIT:
            _append(self._summary, text)

    def _entry(self, name: str, value: str) -> str:
        if not _OUTPUT_NAME.fullmatch(name):
            raise ValueError(f"not an output name: {name!r}")
        delimiter = f"delimiter_{self._token()}"
        if delimiter in value:
            raise ValueError("the random delimiter is part of the value")
        return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def own_by_workspace(paths: Iterable[Path], workspace: Path) -> None:
    """Give what root created to the owner of the workspace, so that later steps can change and clean it.

    `paths` are files, or folders with all below them; missing ones are fine. Only entries of root are given away, links
    are not followed. Without root rights nothing happens.
    """
    if os.geteuid() != 0:
        return
    owner = workspace.stat()
    for path in paths:
        for entry in (path, *(path.rglob("*") if path.is_dir() and not path.is_symlink() else ())):
            if os.path.lexists(entry) and entry.lstat().st_uid == 0:
                os.chown(entry, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _append(path: str, text: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise GitHubError(
            f"The runner's file {path} cannot be written: {error.strerror}.",
            hint="The runner makes it for each step and names it in GITHUB_OUTPUT or GITHUB_STEP_SUMMARY.",
        ) from error
