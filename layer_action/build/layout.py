"""What a layer's zip will hold, entry by entry, before a byte of it is written: sizes follow from this alone."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from operator import itemgetter
from typing import Final, NamedTuple, TypeAlias

from layer_action.build.contents import CHUNK, Deflated, data_offset, deflated, inflated, measured, same_content
from layer_action.build.elf import MAGIC
from layer_action.build.members import ROOT, Placement, is_executable, rewritten_record, unsafe
from layer_action.build.wheel import OpenWheel
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import CENTRAL_HEADER, LOCAL_HEADER, STORED, Member, end_size, read_member
from layer_action.model.layer import Finding, OwnFile, Severity

_WORTH_DEFLATING: Final = 1 << 12  # bytes; stored members of wheels are empty, as a rule
_KEPT: Final = 4 << 20  # a file that deflates to more is deflated twice rather than kept in memory
Chunks: TypeAlias = Callable[[], Iterable[bytes]]


class Part(NamedTuple):
    """A distribution, its wheel, and what of it goes where."""

    name: str
    wheel: OpenWheel
    placement: Placement


class Copied(NamedTuple):
    """A member of a wheel that is copied as it is; a tuple because layers have thousands.

    `inside` is its path below `python/`: as a rule the member's own name, which thousands need not have twice.
    """

    inside: str
    part: Part
    member: Member

    @property
    def path(self) -> str:
        """The path in the zip."""
        return ROOT + self.inside

    @property
    def zipped(self) -> int:
        """The size of the data, in bytes."""
        return self.member.compressed

    @property
    def unzipped(self) -> int:
        """The size of the file, in bytes."""
        return self.member.uncompressed


class Packed(NamedTuple):
    """A file that we deflate: `stream` yields its raw deflate stream."""

    path: str
    stream: Chunks
    size: Deflated
    executable: bool

    @property
    def zipped(self) -> int:
        """The size of the data, in bytes."""
        return self.size.compressed

    @property
    def unzipped(self) -> int:
        """The size of the file, in bytes."""
        return self.size.uncompressed


Entry: TypeAlias = Copied | Packed


class Layout(NamedTuple):
    """Entries in the order of the zip, and what they come to.

    `zipped` and `unzipped` are the bytes of the zip and of all files, `owned` the files of each distribution, by name.
    """

    entries: tuple[Entry, ...]
    zipped: int
    unzipped: int
    owned: Mapping[str, Sequence[Entry]]
    findings: tuple[Finding, ...]


def lay_out(parts: Sequence[Part], own_files: Sequence[OwnFile], lock: tuple[str, bytes]) -> Layout:
    """Merge wheels (in pip's install order), own files and the lock (path and content).

    Raises BuildError where one distribution has a file and another a folder.
    """
    copied, findings = _merge(parts)
    records = {f"{part.placement.dist_info}/RECORD" for part in parts if part.placement.record_changes}
    owned: dict[str, list[Entry]] = {part.name: [] for part in parts}
    entries: list[Entry] = []
    for candidate in copied:
        inside, part, member = candidate
        entry: Entry = candidate
        if inside in records or (member.method == STORED and member.uncompressed >= _WORTH_DEFLATING):
            entry = _deflated(candidate, is_record=inside in records)
        owned[part.name].append(entry)
        entries.append(entry)
    if own_files:
        own_paths = {own.path for own in own_files}
        findings += [_replaced(entry.path) for entry in entries if entry.path in own_paths]
        entries = [entry for entry in entries if entry.path not in own_paths]
        entries = list(merge(entries, sorted((_own(own) for own in own_files), key=_path), key=_path))
    _no_file_is_a_folder(entries)
    # the lock stands last, beside the directory: one range reads both
    entries.append(pack(lock[0], lambda: [lock[1]], executable=False))
    return Layout(
        entries=tuple(entries),
        zipped=_zipped(entries),
        unzipped=sum(entry.unzipped for entry in entries),
        owned=owned,
        findings=tuple(findings),
    )


def extended(layout: Layout, files: Sequence[tuple[str, Packed]]) -> Layout:
    """Return a layout with more files, each with the distribution that it counts for ("": none)."""
    owned = {name: list(entries) for name, entries in layout.owned.items()}
    for name, entry in files:
        if name:
            owned[name].append(entry)
    *entries, lock = layout.entries
    merged = (*merge(entries, sorted((entry for _, entry in files), key=_path), key=_path), lock)
    return layout._replace(
        entries=merged,
        zipped=_zipped(merged),
        unzipped=layout.unzipped + sum(entry.unzipped for _, entry in files),
        owned=owned,
    )


def _zipped(entries: Sequence[Entry]) -> int:
    """Return the size of the zip: fixed headers, names twice, data, end records."""
    names = sum(len(path) if path.isascii() else len(path.encode()) for path in map(_path, entries))
    data = sum(entry.zipped for entry in entries)
    return data + 2 * names + (LOCAL_HEADER.size + CENTRAL_HEADER.size) * len(entries) + end_size(len(entries))


def _path(entry: Entry) -> str:
    return entry.path


def _merge(parts: Sequence[Part]) -> tuple[list[Copied], list[Finding]]:
    """Return the winners, sorted by path, and what they won over."""
    winners: dict[str, Copied] = {}
    findings: list[Finding] = []
    for part in parts:
        claims = dict(zip(part.placement.paths, _claims(part), strict=True))
        if len(claims) < len(part.placement.paths) or not winners.keys().isdisjoint(claims):
            findings.extend(_conflicts(winners, part))
        winners |= claims
    return sorted(winners.values(), key=itemgetter(0)), findings


def _claims(part: Part) -> Iterator[Copied]:
    for path, member in zip(part.placement.paths, part.placement.members, strict=True):
        yield Copied(path, part, member)


def _conflicts(winners: Mapping[str, Copied], part: Part) -> Iterator[Finding]:
    latest: dict[str, Copied] = {}
    for path, claim in zip(part.placement.paths, _claims(part), strict=True):
        first = latest.get(path) or winners.get(path)
        latest[path] = claim
        if first and not same_content((first.part.wheel.read, first.member), (claim.part.wheel.read, claim.member)):
            yield _conflict(first, claim)


def _conflict(loser: Copied, winner: Copied) -> Finding:
    before, after, path = loser.part.name, winner.part.name, winner.inside
    if before == after:
        return Finding(
            severity=Severity.WARNING,
            check="path-conflict",
            message=f"{after} ships {path} twice, with different contents; the later one is taken, as pip does.",
        )
    compiled = _is_compiled(loser) or _is_compiled(winner)
    ending = "." if compiled else f"; {after}'s is taken, as pip does."
    return Finding(
        severity=Severity.ERROR if compiled else Severity.WARNING,
        check="path-conflict",
        message=f"{before} and {after} both ship {path}, and the two differ{ending}",
        ways_out=(f"Remove {before} or {after} from the requirements.",),
    )


def _is_compiled(entry: Copied) -> bool:
    read = entry.part.wheel.read
    return next(inflated(read, entry.member, data_offset(read, entry.member)), b"").startswith(MAGIC)


def _deflated(entry: Copied, *, is_record: bool) -> Packed:
    """Deflate a RECORD that must be rewritten, or what a wheel stored plainly."""
    _, part, member = entry
    read = part.wheel.read
    if is_record:
        content = _record(part, member)
        return pack(entry.path, lambda: [content], executable=False)
    start = data_offset(read, member)
    return pack(entry.path, lambda: inflated(read, member, start), executable=is_executable(member))


def _record(part: Part, member: Member) -> bytes:
    import csv  # noqa: PLC0415 - few wheels need it

    try:
        return rewritten_record(read_member(part.wheel.read, member), part.placement)
    except (BadZipError, csv.Error) as error:
        raise unsafe(part.wheel.filename, f"has a RECORD that cannot be read: {str(error).rstrip('.')}") from error


def _own(own: OwnFile) -> Packed:
    def chunks() -> Iterator[bytes]:
        state = hashlib.sha256()
        try:
            with own.source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    state.update(chunk)
                    yield chunk
        except OSError as error:
            raise BuildError(
                f"{own.source.name} cannot be read: {error.strerror}.",
                hint="Give this user the right to read it, or leave it out of `include`.",
            ) from error
        if state.hexdigest() != own.sha256:
            # the digest counts the file as it was
            raise BuildError(f"{own.source.name} changed while the layer was built.", hint="Build again.")

    return pack(own.path, chunks, executable=own.executable)


def _replaced(path: str) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        check="own-file-replaces",
        message=f"Your own {path} takes the place of a distribution's file of that name.",
        ways_out=("Rename your file, or leave it out of include.",),
    )


def pack(path: str, content: Chunks, *, executable: bool) -> Packed:
    """Deflate a file, keeping the result while it is small; `content` is read again where it is not."""
    size, kept = measured(content(), most_kept=_KEPT)
    return Packed(path, (lambda: deflated(content())) if kept is None else (lambda: kept), size, executable)


def _no_file_is_a_folder(entries: Sequence[Entry]) -> None:
    folders: set[str] = set()
    for entry in entries:
        folder = entry.path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    file = next((entry for entry in entries if entry.path in folders), None)
    if file:
        inside = next(entry for entry in entries if entry.path.startswith(f"{file.path}/"))
        one, other = _owner(file), _owner(inside)
        raise BuildError(
            f"{one} ships {file.path} both as a file and as a folder."
            if one == other
            else f"{file.path} is a file in {one} and a folder in {other}.",
            hint="Remove one of the two from the requirements, or leave the file out with exclude.",
        )


def _owner(entry: Entry) -> str:
    return entry.part.name if isinstance(entry, Copied) else "your own files"
