"""Which file goes to each path of a layer: that of the wheel that is installed last. Own files come after all."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from layer_action.build.splicing.merge import Paths, Run, key_of, merged, split
from layer_action.build.splicing.part import Copied, Part
from layer_action.build.wheels.contents import same_content
from layer_action.build.wheels.elf import MAGIC
from layer_action.build.wheels.placement import ROOT, apart
from layer_action.errors import BuildError
from layer_action.model.layer import Finding, Severity
from layer_action.model.own_files import OwnFiles

_SLASH: Final = ord("/")


class OwnPaths:
    """Own files in the order of their paths below `python/`."""

    def __init__(self, files: OwnFiles) -> None:
        """Take files, which are sorted."""
        self.files = files
        self.apart = apart(files.paths())

    def __len__(self) -> int:
        """Count the files."""
        return len(self.files)

    def path(self, number: int) -> bytes:
        """Return the path of one of them."""
        return self.files.path(number)[len(ROOT) :]


def winners(parts: Sequence[Part], own: OwnPaths, findings: list[Finding]) -> Iterator[Run]:
    """Yield the files that a layer has, in the order of their paths, and add to the findings what they won over.

    Raises BuildError where one distribution has a file and another a folder.
    """
    sources: list[Paths] = [*(part.placement.files for part in parts), own]
    folders = _Folders(parts, sources)
    last = b""
    winner: Run | None = None
    for run in merged(sources):
        path = sources[run.source].path(run.start)
        folders.look_at(run)
        if winner and path == last:
            findings.extend(_conflict(parts, path, key_of(winner.source, winner.end - 1), key_of(*run[:2])))
            winner = winner._replace(end=winner.end - 1)
        if winner and winner.start < winner.end:
            yield winner
        last, winner = sources[run.source].path(run.end - 1), run
    if winner:
        yield winner


class _Folders:
    """The search for files that another source has as folders."""

    def __init__(self, parts: Sequence[Part], sources: Sequence[Paths]) -> None:
        self._parts = parts
        self._sources = sources
        # files, each with its key, of whose folder nothing can have come yet; each begins with the one before
        self._begun: list[tuple[bytes, int]] = []

    def look_at(self, run: Run) -> None:
        """Take the next run. Raises BuildError when there is a folder in it that was a file."""
        source = self._sources[run.source]
        first, last = source.path(run.start), source.path(run.end - 1)
        while self._begun and (inside := self._begun[-1][0] + b"/") <= last:
            number = bisect_left(range(run.end), inside, run.start, key=source.path)
            if source.path(number).startswith(inside):
                raise _file_and_folder(self._parts, self._begun[-1], key_of(run.source, number))
            self._begun.pop()
        # what sorts between "a" and "a/" begins with "a", and goes on with what comes before "/"
        for length in (*(at for at, letter in enumerate(last) if letter < _SLASH), len(last)):
            if (path := last[:length]) >= first:  # runs are often of one file
                number = bisect_left(range(run.end), path, run.start, key=source.path)
                if source.path(number) == path:
                    self._begun.append((path, key_of(run.source, number)))


def _conflict(parts: Sequence[Part], path: bytes, before: int, after: int) -> Iterator[Finding]:
    """Say what a file won over, unless it is the same."""
    one, other = _copied(parts, before), _copied(parts, after)
    if one is None or other is None:
        yield _replaced(ROOT + path.decode())
    elif not _same(one, other):
        yield _differ(one, other)


def _copied(parts: Sequence[Part], key: int) -> Copied | None:
    """Return a wheel's file, None for an own one."""
    number, at = split(key)
    return Copied(parts[number], *parts[number].placement.files[at]) if number < len(parts) else None


def _same(one: Copied, other: Copied) -> bool:
    if (one.member.uncompressed, one.member.crc) != (other.member.uncompressed, other.member.crc):
        return False
    return same_content(one.content(), other.content())


def _differ(loser: Copied, winner: Copied) -> Finding:
    before, after, path = loser.part.name, winner.part.name, winner.inside
    if before == after:
        return Finding(
            severity=Severity.WARNING,
            check="path-conflict",
            message=f"{after} ships {path} twice, with different contents; the later one is taken, as pip does.",
        )
    compiled = _is_compiled(loser) or _is_compiled(winner)
    ending = "." if compiled else f"; {after}'s is taken."
    return Finding(
        severity=Severity.ERROR if compiled else Severity.WARNING,
        check="path-conflict",
        message=f"{before} and {after} both ship {path}, and the two differ{ending}",
        ways_out=(f"Remove {before} or {after} from the requirements; or name one that others need in `provided`.",),
    )


def _is_compiled(entry: Copied) -> bool:
    return next(entry.content(), b"").startswith(MAGIC)


def _replaced(path: str) -> Finding:
    return Finding(
        severity=Severity.WARNING,
        check="own-file-replaces",
        message=f"Your own {path} takes the place of a distribution's file of that name.",
        ways_out=("Rename your file, or leave it out of include.",),
    )


def _file_and_folder(parts: Sequence[Part], file: tuple[bytes, int], inside: int) -> BuildError:
    path, key = ROOT + file[0].decode(), file[1]
    one, other = (found.part.name if (found := _copied(parts, each)) else "your own files" for each in (key, inside))
    return BuildError(
        f"{path} is both a file and a folder in {one}."
        if one == other
        else f"{path} is a file in {one} and a folder in {other}.",
        hint="Remove one of the two from the requirements, or leave the file out with exclude.",
    )
