"""What of a wheel goes where in a layer."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias, overload

from layer_action.formats.zipdir import METHOD_AND_SIZES, OF_CENTRAL, STORED, Member
from layer_action.formats.zipentry import NAME_AT
from layer_action.on_disk import HELD, Many, kept
from layer_action.record import field, record, replace

ROOT: Final = "python/"
RECORD: Final = "RECORD"
AT_ONCE: Final = 1 << 17  # bytes of a wheel that are read in one go, where files lie one behind the other
_MOST_AT_ONCE: Final = 512  # files
_GAP: Final = 1 << 12  # bytes between them that are read along: extra fields, members that stay behind
_WORTH_DEFLATING: Final = 1 << 12  # bytes; stored members of wheels are empty, as a rule
_PATH_AT: Final = NAME_AT + len(ROOT)
_SLASH: Final = ord("/")

Excluded: TypeAlias = Callable[[str], bool]
"""Whether the config leaves out a path (relative to `python/`)."""


class File(NamedTuple):
    """A path below `python/`, and the member of a wheel that goes there, by the name that it has in the layer."""

    path: str
    member: Member


@record(kw_only=False)
class Files(Sequence[File]):
    """Files of one wheel, sorted by where they go; each is made when it is asked for: layers have tens of thousands.

    `entries` are those of the layer's directory, one behind the other, without offsets; they are on disk where they are
    many. `begins` tells where each begins there, and last where they end. By number of a file, `places` are the offsets
    in the wheel of its local header, `starts` of its data (none of a wheel of which only the directory was read),
    `zipped` and `unzipped` its sizes in bytes. `plain` are the numbers of large files that the wheel does not compress,
    `breaks` those at which a new read begins. `apart` tells that no path is there twice, nor both as a file and a
    folder.
    """

    entries: Many
    begins: "array[int]"
    places: "array[int]"
    starts: "array[int]"
    zipped: "array[int]"
    unzipped: "array[int]"
    plain: "array[int]"
    breaks: "array[int]"
    apart: bool

    @classmethod
    def of(cls, entries: Iterable[bytes], places: "array[int]", most: int = HELD) -> "Files":
        """Take entries that are sorted by path, at most so many bytes into memory, and the offsets of local headers."""
        begins, zipped, unzipped, plain = array("I", [0]), array("I"), array("I"), array("I")

        def counted() -> Iterator[bytes]:
            for number, entry in enumerate(entries):
                method, packed, size = METHOD_AND_SIZES.unpack_from(entry)
                begins.append(begins[-1] + len(entry))
                zipped.append(packed)
                unzipped.append(size)
                if method == STORED and size >= _WORTH_DEFLATING:
                    plain.append(number)
                yield entry

        together = kept(counted(), most)
        are_apart = apart(together[begin + _PATH_AT : end] for begin, end in pairwise(begins))
        return cls(together, begins, places, array("I"), zipped, unzipped, plain, array("I"), are_apart)

    def located(self, starts: "array[int]") -> "Files":
        """Return the same files with the offsets of their data."""
        return replace(self, starts=starts, breaks=array("I", _breaks(self.places, starts, self.zipped)))

    def some(self, numbers: Sequence[int]) -> "Files":
        """Return some of the files."""
        most = len(self.entries) if isinstance(self.entries, bytes) else 0
        found = Files.of(map(self.entry, numbers), array("I", map(self.places.__getitem__, numbers)), most)
        return found.located(array("I", map(self.starts.__getitem__, numbers))) if self.starts else found

    def __len__(self) -> int:
        """Count the files."""
        return len(self.places)

    @overload
    def __getitem__(self, number: int) -> File: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[File, ...]: ...
    def __getitem__(self, number: int | slice) -> File | tuple[File, ...]:
        """Return a file, or some of them."""
        if isinstance(number, slice):
            return tuple(self[at] for at in range(len(self))[number])
        entry = self.entry(number)
        path = entry[_PATH_AT:].decode()
        flags, method, crc, compressed, uncompressed, _, external, _ = OF_CENTRAL.unpack_from(entry)
        return File(path, Member(path, compressed, uncompressed, crc, method, flags, self.places[number], external))

    def entry(self, number: int) -> bytes:
        """Return a file's entry of the directory."""
        return self.entries[self.begins[number] : self.begins[number + 1]]

    def path(self, number: int) -> bytes:
        """Return a file's path in UTF-8, in whose order they are."""
        return self.entries[self.begins[number] + _PATH_AT : self.begins[number + 1]]

    def paths(self) -> Iterator[bytes]:
        """Yield all paths."""
        return map(self.path, range(len(self)))

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield each path with the bytes that the file unpacks to."""
        return zip(map(bytes.decode, self.paths()), self.unzipped, strict=True)

    def size(self, start: int, end: int) -> int:
        """Return the length of the entries of some files, in bytes."""
        return self.begins[end] - self.begins[start]

    def top(self) -> Iterator[str]:
        """Yield the files and folders at the top."""
        number = 0
        while number < len(self):
            name, slash, _ = self.path(number).partition(b"/")
            yield name.decode()
            number += 1
            if slash:  # "0" follows "/"
                number = bisect_left(range(len(self)), name + b"0", number, key=self.path)

    def number(self, path: bytes) -> int | None:
        """Return the number of the file that goes to a path: of several, the last."""
        number = bisect_right(range(len(self)), path, key=self.path) - 1
        return number if number >= 0 and self.path(number) == path else None

    def find(self, path: str) -> Member | None:
        """Return the member that goes to a path."""
        number = self.number(path.encode())
        return None if number is None else self[number].member


@record
class Placement:
    """What a wheel gives to a layer.

    `dist_info` is its folder's name. `record_changes` tells that RECORD lists what is not where it says. `excluded` are
    the files that the config leaves out.
    """

    dist_info: str
    files: Files
    record_changes: bool
    excluded: Files = field(default_factory=lambda: Files.of((), array("I")))

    def metadata(self, name: str) -> Member | None:
        """Return a member of the `.dist-info` folder."""
        return self.files.find(f"{self.dist_info}/{name}")

    def without(self, excluded: Excluded) -> "Placement":
        """Return what is left when the config leaves something out; metadata always stay."""
        paths = enumerate(map(bytes.decode, self.files.paths()))
        own = f"{self.dist_info}/"
        left = array("I", (number for number, path in paths if excluded(path) and not path.startswith(own)))
        if not left:
            return self
        kept = array("I")
        for before, behind in pairwise((-1, *left, len(self.files))):
            kept.extend(range(before + 1, behind))
        return replace(self, files=self.files.some(kept), record_changes=True, excluded=self.files.some(left))


def _breaks(places: Sequence[int], starts: Sequence[int], zipped: Sequence[int]) -> Iterator[int]:
    """Yield the numbers of files at which a new read begins; what is larger than one read is read by itself."""
    begin = first = end = 0
    for number, (place, start, size) in enumerate(zip(places, starts, zipped, strict=True)):
        behind = end <= place <= end + _GAP
        end = start + size
        if not (number and behind and end - begin <= AT_ONCE and number - first < _MOST_AT_ONCE):
            begin, first = place, number
            yield number


def apart(paths: Iterable[bytes]) -> bool:
    """Tell whether no path, of sorted ones, is there twice, nor both as a file and a folder."""
    last = b"/"
    begun: list[bytes] = []  # with which this one begins: the last might be a folder too
    for path in paths:
        if path.startswith(last):
            begun.append(last)
        while begun and not path.startswith(begun[-1]):
            begun.pop()
        if path == last or (begun and path[len(begun[-1])] == _SLASH):
            return False
        last = path
    return True
