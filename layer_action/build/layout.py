"""What a layer's zip will hold, entry by entry, before a byte of it is written: sizes follow from this alone."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple, TypeAlias

from layer_action.build.contents import CHUNK, Deflated, data_offset, deflated, inflated, measured, same_content
from layer_action.build.elf import MAGIC
from layer_action.build.members import ROOT, Placement, is_executable, rewritten_record
from layer_action.build.wheel import OpenWheel
from layer_action.errors import BuildError
from layer_action.formats.zipdir import CENTRAL_HEADER, END_RECORD, LOCAL_HEADER, STORED, Member, read_member
from layer_action.model.layer import Finding, OwnFile, Severity

_WORTH_DEFLATING: Final = 1 << 12  # bytes; stored members of wheels are empty, as a rule
_KEPT: Final = 4 << 20  # a file that deflates to more is deflated twice rather than kept in memory
Chunks: TypeAlias = Callable[[], Iterable[bytes]]


class Copied(NamedTuple):
    """A member of a wheel that is copied as it is; a tuple because layers have thousands."""

    path: str
    wheel: OpenWheel
    member: Member


class Packed(NamedTuple):
    """A file that we deflate: `stream` yields its raw deflate stream."""

    path: str
    stream: Chunks
    size: Deflated
    executable: bool


Entry: TypeAlias = Copied | Packed


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A distribution, its wheel, and what of it goes where."""

    name: str
    wheel: OpenWheel
    placement: Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Entries in the order of the zip. `unzipped` are the bytes that each distribution adds, by name."""

    entries: tuple[Entry, ...]
    unzipped: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def zipped(self) -> int:
        """The size of the zip in bytes: fixed headers, names twice, data, end record."""
        fixed = LOCAL_HEADER.size + CENTRAL_HEADER.size
        names = sum(len(entry.path.encode()) for entry in self.entries)
        data = sum(e.member.compressed if isinstance(e, Copied) else e.size.compressed for e in self.entries)
        return data + 2 * names + fixed * len(self.entries) + END_RECORD.size

    @property
    def total(self) -> int:
        """The bytes that the zip unpacks to."""
        return sum(e.member.uncompressed if isinstance(e, Copied) else e.size.uncompressed for e in self.entries)


def lay_out(parts: Sequence[Part], own_files: Sequence[OwnFile], lock: tuple[str, bytes]) -> Layout:
    """Merge wheels (in pip's install order), own files and the lock (path and content).

    Raises BuildError where one distribution has a file and another a folder.
    """
    winners, conflicts = _merge(parts)
    unzipped: dict[str, int] = {part.name: 0 for part in parts}
    entries: list[Entry] = []
    records = {f"{part.placement.dist_info}/RECORD": part for part in parts if part.placement.record_changes}
    for path, (part, member) in winners.items():
        entry = _entry(path, part, member, record=path in records)
        unzipped[part.name] += member.uncompressed if isinstance(entry, Copied) else entry.size.uncompressed
        entries.append(entry)
    taken = {entry.path for entry in entries}
    findings = [*conflicts, *(_replaced(own) for own in own_files if own.path in taken)]
    own_paths = {own.path for own in own_files}
    entries = [entry for entry in entries if entry.path not in own_paths] if own_paths & taken else entries
    entries += [_own(own) for own in own_files]
    entries.sort(key=lambda entry: entry.path)
    _no_file_is_a_folder(entries)
    # the lock stands last, beside the directory: one range reads both
    entries.append(_pack(lock[0], lambda: [lock[1]], executable=False))
    return Layout(entries=tuple(entries), unzipped=unzipped, findings=tuple(findings))


def _merge(parts: Sequence[Part]) -> tuple[dict[str, tuple[Part, Member]], list[Finding]]:
    winners: dict[str, tuple[Part, Member]] = {}
    findings: list[Finding] = []
    for part in parts:
        for path, member in part.placement.placed:
            claim = (part, member)
            first = winners.setdefault(path, claim)
            if first is not claim:
                winners[path] = claim
                if not same_content((first[0].wheel.read, first[1]), (part.wheel.read, member)):
                    findings.append(_conflict(path, first, claim))
    return winners, findings


def _conflict(path: str, loser: tuple[Part, Member], winner: tuple[Part, Member]) -> Finding:
    before, after = loser[0].name, winner[0].name
    if before == after:
        return Finding(
            severity=Severity.WARNING,
            check="path-conflict",
            message=f"{after} ships {path} twice, with different contents; the later one is taken, as pip does.",
        )
    if any(_is_compiled(*claim) for claim in (loser, winner)):
        return Finding(
            severity=Severity.ERROR,
            check="path-conflict",
            message=f"{before} and {after} both ship the compiled file {path}, and the two differ.",
            ways_out=(
                f"Remove {before} or {after} from the requirements.",
                f"exclude: [{path!r}] and include your own",
            ),
        )
    return Finding(
        severity=Severity.WARNING,
        check="path-conflict",
        message=f"{before} and {after} both ship {path}, and the two differ; {after}'s is taken, as pip does.",
        ways_out=(f"Remove {before} or {after} from the requirements.",),
    )


def _is_compiled(part: Part, member: Member) -> bool:
    return _head(part, member).startswith(MAGIC)


def _head(part: Part, member: Member) -> bytes:
    return next(iter(inflated(part.wheel.read, member, data_offset(part.wheel.read, member))), b"")


def _entry(path: str, part: Part, member: Member, *, record: bool) -> Entry:
    read = part.wheel.read
    if record:
        content = rewritten_record(read_member(read, member), part.placement)
        return _pack(ROOT + path, lambda: [content], executable=False)
    if member.method == STORED and member.uncompressed >= _WORTH_DEFLATING:
        start = data_offset(read, member)
        return _pack(ROOT + path, lambda: inflated(read, member, start), executable=is_executable(member))
    return Copied(ROOT + path, part.wheel, member)


def _own(own: OwnFile) -> Packed:
    def chunks() -> Iterator[bytes]:
        state = hashlib.sha256()
        with own.source.open("rb") as file:
            while chunk := file.read(CHUNK):
                state.update(chunk)
                yield chunk
        if state.hexdigest() != own.sha256:
            # the digest counts the file as it was
            raise BuildError(f"{own.source.name} changed while the layer was built.", hint="Build again.")

    return _pack(own.path, chunks, executable=own.executable)


def _replaced(own: OwnFile) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        check="own-file-replaces",
        message=f"Your own {own.path} takes the place of a distribution's file of that name.",
        ways_out=("Rename your file, or leave it out of include.",),
    )


def _pack(path: str, content: Chunks, *, executable: bool) -> Packed:
    size, kept = measured(content(), most_kept=_KEPT)
    return Packed(path, (lambda: deflated(content())) if kept is None else (lambda: kept), size, executable)


def _no_file_is_a_folder(entries: Sequence[Entry]) -> None:
    folders = {entry.path.rpartition("/")[0] for entry in entries}
    above = {str(parent) for folder in folders for parent in PurePosixPath(folder).parents}
    for entry in entries:
        if entry.path in folders or entry.path in above:
            raise BuildError(
                f"{entry.path} is a file in one distribution and a folder in another.",
                hint="Remove one of the two from the requirements, or leave the file out with exclude.",
            )
