"""What of a wheel goes where in a layer."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from layer_action.formats.zipdir import CENTRAL_HEADER, Directory, Member
from layer_action.record import record

if TYPE_CHECKING:
    from array import array


class File(NamedTuple):
    """A member of a wheel, and its path below `python/`."""

    path: str
    member: Member


class Files(Sequence[File]):
    """Members of one wheel, sorted by where they go; made when they are asked for, as those of a directory are.

    `begins` tells where the entry of each begins in the directory, `starts` and `ends` where there its path does, which
    is the end of its name.
    """

    __slots__ = ("begins", "directory", "ends", "starts")

    def __init__(self, directory: Directory, begins: "array[int]", starts: "array[int]", ends: "array[int]") -> None:
        """Take entries that were sorted."""
        self.directory = directory
        self.begins = begins
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        """Count the files."""
        return len(self.begins)

    @overload
    def __getitem__(self, number: int) -> File: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[File, ...]: ...
    def __getitem__(self, number: int | slice) -> File | tuple[File, ...]:
        """Return a file, or some of them."""
        if isinstance(number, slice):
            return tuple(self[at] for at in range(len(self))[number])
        return File(self.path(number).decode(), self.directory.at(self.begins[number]))

    def __iter__(self) -> Iterator[File]:
        """Make one file after the other."""
        return map(self.__getitem__, range(len(self)))

    def path(self, number: int) -> bytes:
        """Return a file's path in UTF-8, in whose order they are."""
        return self.directory.entries[self.starts[number] : self.ends[number]]

    def paths(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the paths of some files."""
        entries = self.directory.entries
        return (entries[a:b] for a, b in zip(self.starts[start:end], self.ends[start:end], strict=True))

    def names(self) -> Iterator[bytes]:
        """Yield what the members of the files are called."""
        entries, head = self.directory.entries, CENTRAL_HEADER.size
        return (entries[begin + head : end] for begin, end in zip(self.begins, self.ends, strict=True))

    def top(self) -> Iterator[str]:
        """Yield the files and folders at the top."""
        number = 0
        while number < len(self):
            name, slash, _ = self.path(number).partition(b"/")
            yield name.decode()
            number += 1
            if slash:  # "0" follows "/"
                number = bisect_left(range(len(self)), name + b"0", number, key=self.path)

    def find(self, path: str) -> Member | None:
        """Return the member that goes to a path."""
        number = bisect_left(range(len(self)), path.encode(), key=self.path)
        return self[number].member if number < len(self) and self[number].path == path else None


@record
class Placement:
    """What a wheel gives to a layer.

    `dist_info` is its folder's name. `record_changes` tells that RECORD lists what is not where it says. `excluded` are
    the files that the config leaves out.
    """

    dist_info: str
    files: Files
    record_changes: bool
    excluded: Files

    def metadata(self, name: str) -> Member | None:
        """Return a member of the `.dist-info` folder."""
        return self.files.find(f"{self.dist_info}/{name}")
