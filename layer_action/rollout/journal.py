"""The journal: one line before and one after each call that changes AWS, on disk before the call is made.

It is evidence, not state: no run needs it to go on, but `rollback --journal` can undo exactly what one run did.
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
    InputError,
    LayerActionError,
    Location,
    StaleRevisionError,
    ThrottledError,
)

_FORMAT: Final = 1
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


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRecord:
    """A journal read back."""

    account: str
    commit: str
    entries: tuple[JournalEntry, ...]


class Journal:
    """A journal being written, by several threads. Without a path nothing is written."""

    def __init__(self, path: Path | None, *, account: str, commit: str = "") -> None:
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
            self._write({"journal": _FORMAT, "account": account, "commit": commit})

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


def read_journal(path: Path, *, shown: str = "") -> JournalRecord:
    """Read the last run's part of a journal. A torn last line is a run that died, not an error.

    Raises InputError, which names it as `shown`: as the user wrote it.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            f"The journal cannot be read: {error.strerror}.",
            hint="Name the journal.jsonl that the run wrote, or roll back without one: `rollback LAYER`.",
            location=Location(shown or str(path)),
        ) from error
    header: _Line = {}
    entries: dict[object, JournalEntry] = {}
    for place, raw in enumerate(lines, start=1):
        line = _parsed(raw)
        if line is None and place != len(lines) and _is_header(lines[place:]) is False:
            raise InputError(
                "The journal has a line that is not ours.",
                hint="Use it as the run wrote it, or roll back without one: `rollback LAYER`.",
                location=Location(shown or str(path), place),
            )
        if line is None:
            continue
        if "journal" in line:
            header, entries = line, {}
        else:
            _take(entries, line)
    if not header:
        raise InputError(
            "This is not a journal.",
            hint="Name the journal.jsonl that a run wrote, or roll back without one: `rollback LAYER`.",
            location=Location(shown or str(path)),
        )
    return JournalRecord(
        account=str(header.get("account", "")), commit=str(header.get("commit", "")), entries=tuple(entries.values())
    )


def _parsed(raw: bytes) -> _Line | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _is_header(rest: Sequence[bytes]) -> bool:
    """Tell whether a new run begins on the next line that holds anything."""
    following = next((raw for raw in rest if raw.strip()), b"")
    return "journal" in (_parsed(following) or {})


def _take(entries: dict[object, JournalEntry], line: _Line) -> None:
    number = line.get("n")
    if line.get("phase") == "before":
        entries[number] = JournalEntry(
            call=str(line.get("call", "")),
            resource=str(line.get("resource", "")),
            before=_texts(line.get("from")),
            after=_texts(line.get("to")),
        )
    elif (begun := entries.get(number)) is not None:
        result = next((one for one in Result if one == line.get("result")), Result.UNKNOWN)
        entries[number] = JournalEntry(
            call=begun.call, resource=begun.resource, before=begun.before, after=begun.after, result=result
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def net_changes(record: JournalRecord) -> dict[str, dict[str, str]]:
    """Return what a run did to each function all in all: new version ARNs to the old ones, by function ARN.

    A call that was refused changed nothing; one of which nobody knows counts as made: whoever undoes it looks first.
    """
    changes: dict[str, dict[str, str]] = {}
    for entry in record.entries:
        if entry.call != "set_layers" or entry.result is Result.FAILED or len(entry.before) != len(entry.after):
            continue
        known = changes.setdefault(entry.resource, {})
        for old, new in zip(entry.before, entry.after, strict=True):
            if old != new:
                known[new] = known.pop(old, old)
    net = {arn: {new: old for new, old in known.items() if new != old} for arn, known in changes.items()}
    return {arn: known for arn, known in net.items() if known}
