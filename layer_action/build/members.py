"""Where the members of one wheel go in a layer, and which stay behind."""

import re
import stat
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from layer_action.build.placement import Files, Placement
from layer_action.errors import BadZipError, UnsafeWheelError
from layer_action.formats.zipdir import DEFLATED, ENCRYPTED, STORED, Directory, Member

ROOT: Final = "python/"

Excluded = Callable[[str], bool]
"""Whether the config leaves out a path (relative to `python/`)."""

# Drive letters, backslashes, control characters, what ends a line or turns the direction of writing, bytes that are no
# UTF-8; empty, `.` and `..` as parts of a path.
_UNSAFE: Final = (
    r"^$|^/|^[A-Za-z]:|//|(?:^|/)\.\.?(?:/|$)|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\\ud800-\udfff]"
)
_LINK: Final = stat.S_IFLNK >> 12
ANY_EXECUTE: Final = 0o111 << 16  # of external attributes
_LONGEST_PART: Final = 255  # bytes, in Linux file systems
_LONGEST_PATH: Final = 4095 - len("/opt/python/")  # bytes; Linux's PATH_MAX counts a NUL too
# A deflate stream cannot do better (zlib's technical details): 258 bytes take two bits.
_BEST_RATIO: Final = 1032
_LEAST_STREAM: Final = 1032
# https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory
_AT_ROOT: Final = frozenset({b"purelib", b"platlib", b"data"})
_LEFT_OUT: Final = frozenset({b"scripts", b"headers"})
_DATA: Final = b".data/"
_CACHED: Final = b"__pycache__/"
_PIECE: Final = 1 << 16  # characters
_SLASH: Final = ord("/")


def place(members: Directory, filename: str, excluded: Excluded | None = None, *, checked: bool = False) -> Placement:
    """Map the members of the wheel `filename`. Raises UnsafeWheelError for those that no layer may hold.

    With `checked` they were looked at before: when their wheel entered the cache.
    """
    if not checked:
        for member in members:
            check(member, filename)
    names = members.names()
    dist_info = _dist_info(names, filename)
    moves = _DATA in members.entries or _CACHED in members.entries
    paths = [_path(name, filename) for name in names] if moves else names
    there = [number for number, name in enumerate(names) if name[-1] != _SLASH]
    kept = sorted((number for number in there if paths[number]), key=paths.__getitem__)
    left: list[int] = []
    if excluded:
        own = f"{dist_info}/"
        left = [n for n in kept if excluded(path := paths[n].decode()) and not path.startswith(own)]
        out = frozenset(left)
        kept = [number for number in kept if number not in out]
    return Placement(
        dist_info=dist_info,
        files=_files(members, paths, kept),
        record_changes=len(kept) < len(there) or any(paths[number] is not names[number] for number in kept),
        excluded=_files(members, paths, left),
    )


def _files(members: Directory, paths: Sequence[bytes], numbers: Sequence[int]) -> Files:
    """Return what some members are as files; their numbers are sorted by path, and then by themselves."""
    ends = array("I", map(members.ends.__getitem__, numbers))
    starts = array("I", (end - len(paths[number]) for number, end in zip(numbers, ends, strict=True)))
    return Files(members, array("I", map(members.begins.__getitem__, numbers)), starts, ends)


def check(member: Member, filename: str) -> None:
    """Refuse names that reach outside, links, and what Lambda could not unpack. Raises UnsafeWheelError."""
    name, compressed, uncompressed, _, method, flags, _, attributes = member
    if re.search(_UNSAFE, name):
        raise unsafe(filename, f"holds the path {name!r}, which no layer may hold")
    if len(name) > _LONGEST_PART // 4:
        _check_length(name, filename)
    if attributes >> 28 == _LINK:
        raise unsafe(filename, f"holds a symbolic link: {name}")
    if flags & ENCRYPTED:
        raise unsafe(filename, f"holds an encrypted file: {name}")
    if method not in (STORED, DEFLATED):
        raise unsafe(filename, f"compresses {name} by method {method}; wheels use deflate")
    if uncompressed > compressed * _BEST_RATIO + _LEAST_STREAM:
        raise unsafe(filename, f"claims that {name} unpacks from {compressed} bytes to {uncompressed}")


def _check_length(name: str, filename: str) -> None:
    if any(len(part.encode()) > _LONGEST_PART for part in name.split("/")):
        raise unsafe(filename, f"holds a file name longer than {_LONGEST_PART} bytes: {name[:60]!r}…")
    if len(name.encode()) > _LONGEST_PATH:
        raise unsafe(filename, f"holds a path longer than {_LONGEST_PATH} bytes: {name[:60]!r}…")


def is_executable(attributes: int) -> bool:
    """Tell from a member's external attributes whether pip would make the file executable."""
    return bool(attributes & ANY_EXECUTE) and stat.S_ISREG(attributes >> 16)


def rewritten_record(record: Iterable[bytes], placement: Placement) -> Iterator[bytes]:
    """Yield RECORD, given in pieces, as it is true of the layer: moved files where they are now, others not listed.

    Raises `csv.Error`.
    """
    import csv  # noqa: PLC0415 - few wheels need it
    import io  # noqa: PLC0415

    files, number = placement.files, 0
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    for row in csv.reader(_lines(record)):
        path = _listed(row[0]) if row else b""
        if number == len(files) or files.path(number) != path:  # RECORD is in order, as a rule
            number = bisect_left(range(len(files)), path, key=files.path)
        if number < len(files) and files.path(number) == path:
            writer.writerow([path.decode(), *row[1:]])
            number += 1
        if into.tell() > _PIECE:
            yield into.getvalue().encode()
            into.seek(0)
            into.truncate()
    yield into.getvalue().encode()


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).splitlines(keepends=True) or [b""]
        for line in lines:
            yield line.decode("utf-8", "surrogateescape")
    yield rest.decode("utf-8", "surrogateescape")


def _listed(name: str) -> bytes:
    """Return where a file goes that RECORD lists, b"" for one that is no file of the layer."""
    try:
        return _path(name.encode("utf-8", "surrogateescape"), "")
    except UnsafeWheelError:
        return b""


def unsafe(filename: str, what: str) -> UnsafeWheelError:
    """Name the wheel and what is wrong with it."""
    return UnsafeWheelError(
        f"{filename} {what}.",
        hint="Do not install this wheel anywhere; pin another version, and tell the project (or the index) about it.",
    )


def not_a_zip(filename: str, error: BadZipError) -> UnsafeWheelError:
    """Name the wheel whose zip is broken, or lies."""
    return unsafe(filename, f"is not a zip that can be trusted: {error.message.rstrip('.')}")


def _dist_info(names: Sequence[bytes], filename: str) -> str:
    found = sorted(set(_top_folders(names, b".dist-info")))
    if len(found) != 1:
        what = f"several .dist-info folders ({', '.join(found)})" if found else "no .dist-info folder"
        raise unsafe(filename, f"holds {what}")
    if not normal(found[0]).startswith(normal(filename.split("-", 1)[0])):
        raise unsafe(filename, f"holds {found[0]}, the metadata of another project")
    return found[0]


def normal(name: str) -> str:
    """Normalise a name as PEP 503 does; `packaging.utils` would cost 30 ms of start-up."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_folders(names: Iterable[bytes], suffix: bytes) -> Iterator[str]:
    wanted = suffix + b"/"
    for name in names:
        if wanted in name:
            first, _, _ = name.partition(b"/")
            if first.endswith(suffix):
                yield first.decode()


def _path(name: bytes, filename: str) -> bytes:
    """Return where a member goes: as a rule to where it says, b"" where it stays behind.

    What lies in the `.data` folder moves, as pip does it, whatever the folder's spelling.
    """
    path = _out_of_data(name, filename) if _DATA in name and name[-1] != _SLASH else name
    return b"" if _CACHED in path and b"/" + _CACHED in b"/" + path else path


def _out_of_data(name: bytes, filename: str) -> bytes:
    folder, _, rest = name.partition(b"/")
    if not folder.endswith(b".data"):
        return name
    scheme, _, inside = rest.partition(b"/")
    if not inside or scheme not in _AT_ROOT | _LEFT_OUT:
        raise unsafe(filename, f"holds {name.decode()}, which is in none of the folders that .data may have")
    if inside.partition(b"/")[0].endswith(b".dist-info"):
        raise unsafe(filename, f"holds {name.decode()}, which would take the place of metadata")
    return inside if scheme in _AT_ROOT else b""
