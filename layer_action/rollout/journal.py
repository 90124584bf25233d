"""The journal: one line before and one after each call that changes AWS, on disk before the call is made.

It is evidence, not state: no run needs it to go on, but `rollback --journal` can undo exactly what one run did. Runs
that share a file follow one another in it, each below a header of its own.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self, TypeAlias

from layer_action.errors import (
    AmbiguousError,
    ConflictError,
    JournalError,
    LayerActionError,
    StaleRevisionError,
    ThrottledError,
)
from layer_action.record import record

FORMAT: Final = 1
# Answers that can also mean that an earlier attempt of the same call went through unheard.
_MAYBE_MADE: Final = (AmbiguousError, ConflictError, StaleRevisionError, ThrottledError)
_Line: TypeAlias = Mapping[str, object]


class Result(StrEnum):
    """How a call ended. UNKNOWN: the run died in it, or the answer did not tell."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@record
class JournalEntry:
    """One call. `before` and `after` are a function's layers, or what an alias points at; else ()."""

    call: str
    resource: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    result: Result = Result.UNKNOWN


class Journal:
    """A journal being written, by several threads. Without a path nothing is written."""

    def __init__(self, path: Path | None, *, account: str, commit: str = "", command: str = "") -> None:
        """Open the file, after what an earlier run left in it."""
        self.path = path
        self._lock = threading.Lock()
        self._number = 0
        self._anyway = False
        self._file: int | None = None
        if path:
            self._file = _opened(path)
            trouble = self._write({"journal": FORMAT, "command": command, "account": account, "commit": commit})
            if trouble:
                os.close(self._file)
                raise _unwritable(trouble, str(path))

    def __enter__(self) -> Self:
        """Return the journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def call(
        self, call: str, resource: str, *, before: Sequence[str] = (), after: Sequence[str] = ()
    ) -> Iterator[None]:
        """Write what is about to be done, and afterwards how it ended; a run that dies in between leaves the first."""
        with self._lock:
            self._number += 1
            number = self._number
        line = {"call": call, "resource": resource, "from": list(before), "to": list(after)}
        if (trouble := self._write({"n": number, "phase": "before", **line})) and not self._anyway:
            raise _unwritable(trouble, resource)
        try:
            yield
        except LayerActionError as error:
            result = Result.UNKNOWN if isinstance(error, _MAYBE_MADE) else Result.FAILED
            self._write({"n": number, "phase": "after", "result": result, "error": error.message})
            raise
        self._write({"n": number, "phase": "after", "result": Result.DONE})

    def go_on_anyway(self) -> None:
        """From now on make calls even where they cannot be written: what was begun is put back, whatever the disk."""
        self._anyway = True

    def _write(self, line: _Line) -> str:
        """Write a line; return why it could not be written, or "". What is missing at the end is an open call."""
        if self._file is None:
            return ""
        text = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **line})
        with self._lock:
            try:
                _write_whole(self._file, text.encode() + b"\n")
            except OSError as error:
                return error.strerror or type(error).__name__
        return ""


def _opened(path: Path) -> int:
    """Open a journal to go on in it. Raises JournalError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if os.fstat(file).st_size:
            _write_whole(file, b"\n")  # whatever a killed run tore off ends here
    except OSError as error:
        raise _unwritable(error.strerror or type(error).__name__, str(path)) from error
    return file


def _write_whole(file: int, data: bytes) -> None:
    """Write all or nothing: half a line in the middle would spoil the rest. Raises OSError."""
    size = os.fstat(file).st_size
    try:
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, size)
        raise


def _unwritable(trouble: str, resource: str) -> JournalError:
    return JournalError(
        f"The journal cannot be written: {trouble}.",
        resource=resource,
        hint="What is not written down is not done: make room in .lambda-layer-action.",
    )
