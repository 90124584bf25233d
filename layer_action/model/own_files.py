"""The repository's own files in a layer."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, overload

from layer_action.on_disk import Lines, in_order
from layer_action.record import record

# of Git LFS: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
POINTER: Final = b"version https://git-lfs.github.com/spec/v1\n"
# sha256, size, the number of the base on disk, the bytes at the end of the path that follow it, executable, a pointer
_FACTS: Final = struct.Struct("<32sQII??")
_END: Final = b"\0"  # of a path: so a file comes before those whose paths begin with its own
_BEHIND: Final = len(_END) + _FACTS.size


@record
class OwnFile:
    """A file of the repository that goes into the zip.

    `path` is its place in the zip (`python/shop/__init__.py`), `source` its place on disk, which ends in the same name.
    `is_pointer` tells that it stands for a large file (Git LFS) that is not checked out.
    """

    path: str
    source: Path
    sha256: str
    size: int
    executable: bool = False
    is_pointer: bool = False


class OwnFiles(Sequence[OwnFile]):
    """Own files in the order of their paths in UTF-8; made when they are asked for: layers have tens of thousands."""

    __slots__ = ("_bases", "_lines")

    def __init__(self, files: Iterable[OwnFile] = ()) -> None:
        """Sort files. Raises ValueError for one that cannot be."""
        bases: dict[str, int] = {}
        self._lines = Lines(in_order(_line(file, bases) for file in files))
        self._bases = tuple(bases)

    def __len__(self) -> int:
        """Count the files."""
        return len(self._lines)

    @overload
    def __getitem__(self, number: int) -> OwnFile: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[OwnFile, ...]: ...
    def __getitem__(self, number: int | slice) -> OwnFile | tuple[OwnFile, ...]:
        """Return a file, or some of them."""
        if isinstance(number, slice):
            return tuple(self[at] for at in range(len(self))[number])
        return self._made(self._lines[number])

    def __iter__(self) -> Iterator[OwnFile]:
        """Make one file after the other."""
        return map(self._made, self._lines)

    def _made(self, line: bytes) -> OwnFile:
        path = line[:-_BEHIND]
        sha256, size, base, shared, executable, is_pointer = _FACTS.unpack_from(line, len(line) - _FACTS.size)
        return OwnFile(
            path=path.decode(),
            source=Path(self._bases[base], path[-shared:].decode()),
            sha256=sha256.hex(),
            size=size,
            executable=executable,
            is_pointer=is_pointer,
        )

    def __eq__(self, other: object) -> bool:
        """Compare all files."""
        if not isinstance(other, OwnFiles):
            return NotImplemented
        return len(self) == len(other) and all(one == its for one, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        """Hash the paths."""
        return hash(tuple(self.paths()))

    def __repr__(self) -> str:
        """Show the files."""
        return f"OwnFiles({list(self)!r})"

    def path(self, number: int) -> bytes:
        """Return the path of a file in UTF-8."""
        return self._lines[number][:-_BEHIND]

    def paths(self) -> Iterator[bytes]:
        """Yield all paths in UTF-8."""
        return (line[:-_BEHIND] for line in self._lines)

    def contents(self) -> Iterator[tuple[str, str, bool]]:
        """Yield the path of each, its sha256 and whether it is executable: all that counts in a layer."""
        for line in self._lines:
            sha256, _, _, _, executable, _ = _FACTS.unpack_from(line, len(line) - _FACTS.size)
            yield line[:-_BEHIND].decode(), sha256.hex(), executable

    @property
    def unzipped(self) -> int:
        """The bytes of all."""
        return sum(_FACTS.unpack_from(line, len(line) - _FACTS.size)[1] for line in self._lines)

    def pointers(self) -> Iterator[OwnFile]:
        """Yield those that stand for large files."""
        return (self._made(line) for line in self._lines if line[-1])


def _line(file: OwnFile, bases: dict[str, int]) -> bytes:
    path, sha256 = file.path.encode(), bytes.fromhex(file.sha256)
    base, shared = _shared(str(file.source), file.path)
    if _END in path or len(sha256) != 32 or file.size < 0 or not shared:  # noqa: PLR2004 - bytes of a sha256
        raise ValueError(f"{file} cannot be an own file")
    number = bases.setdefault(base, len(bases))
    return path + _END + _FACTS.pack(sha256, file.size, number, len(shared.encode()), file.executable, file.is_pointer)


def _shared(source: str, path: str) -> tuple[str, str]:
    """Return the base of a source, and what of the path follows: all below `python/`, or else the name.

    As a rule all files of a pattern have one base; each folder may hold just one file.
    """
    for shared in (path.partition("/")[2], path.rpartition("/")[2]):
        if shared and f"/{source}".endswith(f"/{shared}"):
            return source.removesuffix(shared), shared
    return source, ""
