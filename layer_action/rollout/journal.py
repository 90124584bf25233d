"""The journal: one line before and one after each call that changes AWS, on disk before the call is made.

It is evidence, not state: no run needs it to go on, but `rollback --journal` can undo exactly what one run did. Runs
that share a file follow one another in it, each below a header of its own.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self, TypeAlias

from layer_action.errors import (
    AmbiguousError,
    ConflictError,
    LayerActionError,
    StaleRevisionError,
    ThrottledError,
)

FORMAT: Final = 1
# Answers that can also mean that an earlier attempt of the same call went through unheard.
_MAYBE_MADE: Final = (AmbiguousError, ConflictError, StaleRevisionError, ThrottledError)
_Line: TypeAlias = Mapping[str, object]


class Result(StrEnum):
    """How a call ended. UNKNOWN: the run died in it, or the answer did not tell."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
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
        self._file: int | None = None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            if os.fstat(self._file).st_size:
                os.write(self._file, b"\n")  # whatever a killed run tore off ends here
            self._write({"journal": FORMAT, "command": command, "account": account, "commit": commit})

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
        self._write({"n": number, "phase": "before", **line})
        try:
            yield
        except LayerActionError as error:
            result = Result.UNKNOWN if isinstance(error, _MAYBE_MADE) else Result.FAILED
            self._write({"n": number, "phase": "after", "result": result, "error": error.message})
            raise
        self._write({"n": number, "phase": "after", "result": Result.DONE})

    def _write(self, line: _Line) -> None:
        if self._file is None:
            return
        text = json.dumps({"at": datetime.now(UTC).isoformat(timespec="milliseconds"), **line})
        with self._lock:
            os.write(self._file, text.encode() + b"\n")
            os.fsync(self._file)
