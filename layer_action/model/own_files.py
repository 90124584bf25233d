"""The repository's own files in a layer."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, overload

from layer_action.record import record

# sha256, size, the number of the folder on disk, executable, a pointer
_FACTS: Final = struct.Struct("<32sQI??")
_END: Final = b"\0"  # of a path: so a file comes before those whose paths begin with its own


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
    """Own files in the order of their paths in UTF-8; made when they are asked for.

    Layers have tens of thousands: one takes a hundred bytes here, and a thousand as an object.
    """

    __slots__ = ("_folders", "_lines")

    def __init__(self, files: Iterable[OwnFile] = ()) -> None:
        """Sort files. Raises ValueError for one that cannot be."""
        folders: dict[str, int] = {}
        self._lines = sorted(_line(file, folders) for file in files)
        self._folders = tuple(folders)

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
        path = self.path(number).decode()
        sha256, size, folder, executable, is_pointer = _FACTS.unpack(self._lines[number][-_FACTS.size :])
        return OwnFile(
            path=path,
            source=Path(self._folders[folder], path.rpartition("/")[2]),
            sha256=sha256.hex(),
            size=size,
            executable=executable,
            is_pointer=is_pointer,
        )

    def __iter__(self) -> Iterator[OwnFile]:
        """Make one file after the other."""
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Compare all files."""
        if not isinstance(other, OwnFiles):
            return NotImplemented
        return len(self) == len(other) and all(one == its for one, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        """Hash the paths."""
        return hash(tuple(map(self.path, range(len(self)))))

    def __repr__(self) -> str:
        """Show the files."""
        return f"OwnFiles({list(self)!r})"

    def path(self, number: int) -> bytes:
        """Return the path of a file in UTF-8."""
        return self._lines[number][: -_FACTS.size - len(_END)]


def _line(file: OwnFile, folders: dict[str, int]) -> bytes:
    path, sha256 = file.path.encode(), bytes.fromhex(file.sha256)
    if _END in path or len(sha256) != 32 or file.size < 0 or file.source.name != file.path.rpartition("/")[2]:  # noqa: PLR2004 - bytes of a sha256
        raise ValueError(f"{file} cannot be an own file")
    folder = folders.setdefault(str(file.source.parent), len(folders))
    return path + _END + _FACTS.pack(sha256, file.size, folder, file.executable, file.is_pointer)
