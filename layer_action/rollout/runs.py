"""A journal read back: its runs, and what each of them did all in all."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from layer_action.errors import InputError, Location
from layer_action.record import field, record
from layer_action.rollout.journal import FORMAT, JournalEntry, Result

_Line: TypeAlias = Mapping[str, object]
# What moves a function's layers, or lets an SSM parameter name a version.
_MOVES: Final = ("set_layers", "record")


@record
class JournalRun:
    """One run. `at` is when it began, ISO 8601; `command` is "" where the journal does not say."""

    account: str
    commit: str
    command: str
    at: str
    entries: tuple[JournalEntry, ...]

    @property
    def title(self) -> str:
        """The run, as people can find it."""
        commit = f", commit {self.commit[:12]}" if self.commit else ""
        return f"{self.command or 'run'} of {self.at[:16].replace('T', ' ')} UTC{commit}"


@record(frozen=False)
class _Run:
    header: _Line
    entries: dict[object, JournalEntry] = field(default_factory=dict)


def read_runs(path: Path, *, shown: str = "") -> tuple[JournalRun, ...]:
    """Read a journal, the oldest run first. A torn last line of a run is a run that died, not an error.

    Raises InputError, which names the file as `shown`: as the user wrote it.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            f"The journal cannot be read: {error.strerror}.",
            hint="Name the journal.jsonl that the run wrote, or roll back without one: `rollback LAYER`.",
            location=Location(shown or str(path)),
        ) from error
    runs: list[_Run] = []
    for place, raw in enumerate(lines, start=1):
        line = _parsed(raw)
        if line is None:
            if runs and raw.strip() and not _ends_a_run(lines[place:]):
                raise _foreign(shown or str(path), place)
        elif "journal" in line:
            if line["journal"] != FORMAT:
                raise _foreign(shown or str(path), place)
            runs.append(_Run(header=line))
        elif runs:
            _take(runs[-1].entries, line)
    if not runs:
        raise InputError(
            "This is not a journal.",
            hint="Name the journal.jsonl that a run wrote, or roll back without one: `rollback LAYER`.",
            location=Location(shown or str(path)),
        )
    return tuple(_finished(run) for run in runs)


def net_changes(run: JournalRun) -> dict[str, dict[str, str]]:
    """Return what a run did all in all: new version ARNs to the old ones, by the ARN of a function or parameter.

    A call that was refused changed nothing; one of which nobody knows counts as made: whoever undoes it looks first.
    """
    changes: dict[str, dict[str, str]] = {}
    for entry in run.entries:
        if entry.call not in _MOVES or entry.result is Result.FAILED or len(entry.before) != len(entry.after):
            continue
        known = changes.setdefault(entry.resource, {})
        for old, new in zip(entry.before, entry.after, strict=True):
            if old != new:
                known[new] = known.pop(old, old)
    net = {arn: {new: old for new, old in known.items() if new != old} for arn, known in changes.items()}
    return {arn: known for arn, known in net.items() if known}


def runs_that_moved(runs: Sequence[JournalRun], layers: Collection[str]) -> tuple[JournalRun, ...]:
    """Return the runs that moved something to a version of these layers (ARNs without number) and left it there.

    Those of `rollback` are none of them: to take one back would be to roll out.
    """
    return tuple(
        run
        for run in runs
        if run.command != "rollback"
        and any(new.rpartition(":")[0] in layers for known in net_changes(run).values() for new in known)
    )


def _finished(run: _Run) -> JournalRun:
    header = {name: str(run.header.get(name, "")) for name in ("account", "commit", "command", "at")}
    return JournalRun(entries=tuple(run.entries.values()), **header)


def _foreign(file: str, line: int) -> InputError:
    return InputError(
        "The journal has a line that is not ours.",
        hint="Use it as the run wrote it, or roll back without one: `rollback LAYER`.",
        location=Location(file, line),
    )


def _parsed(raw: bytes) -> _Line | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _ends_a_run(rest: Sequence[bytes]) -> bool:
    """Tell whether nothing follows, or a new run: only there a line may be torn."""
    following = next((raw for raw in rest if raw.strip()), None)
    return following is None or "journal" in (_parsed(following) or {})


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
