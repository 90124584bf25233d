"""Where the members of one wheel go in a layer, and which stay behind."""

import re
import stat
from array import array
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import Final

from layer_action.build.wheels.placement import ROOT, Files, Placement
from layer_action.errors import BadZipError, UnsafeWheelError
from layer_action.formats.zipdir import DEFLATED, ENCRYPTED, STORED, Directory, Member
from layer_action.formats.zipentry import entry
from layer_action.model.lock import normalised_name

# Drive letters, backslashes, control characters, what ends a line or turns the direction of writing, bytes that are no
# UTF-8; empty, `.` and `..` as parts of a path.
_UNSAFE: Final = (
    r"^$|^/|^[A-Za-z]:|//|(?:^|/)\.\.?(?:/|$)|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\\ud800-\udfff]"
)
_LINK: Final = stat.S_IFLNK >> 12
_ANY_EXECUTE: Final = 0o111 << 16  # of external attributes
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
_SORTED_AT_ONCE: Final = 1 << 12  # paths
_SLASH: Final = ord("/")


def place(members: Directory, filename: str) -> Placement:
    """Map the members of the wheel `filename`. Raises UnsafeWheelError for those that no layer may hold."""
    for member in members:
        check(member, filename)
    dist_info = _dist_info(members.names(), filename)
    moves = _DATA in members.entries or _CACHED in members.entries

    def path(number: int) -> bytes:
        return layer_path(members.name(number), filename) if moves else members.name(number)

    def in_data(number: int) -> bool:
        return _in_data(members.name(number))

    there = array("I", (number for number, name in enumerate(members.names()) if name[-1] != _SLASH))
    if moves:  # pip installs what lies in .data last
        there = array("I", (number for last in (False, True) for number in there if in_data(number) == last))
    kept = array("I", _in_order(array("I", filter(path, there)), path))
    entries = (_entry(ROOT.encode() + path(number), members[number]) for number in kept)
    return Placement(
        dist_info=dist_info,
        files=Files.of(entries, array("I", (members.offset(members.begins[number]) for number in kept))),
        record_changes=len(kept) < len(there) or any(path(number) != members.name(number) for number in kept),
    )


def _in_order(numbers: "array[int]", path: Callable[[int], bytes]) -> Iterator[int]:
    """Sort by path, part by part: all paths at once take more memory than what is made of them."""
    parts = (numbers[at : at + _SORTED_AT_ONCE] for at in range(0, len(numbers), _SORTED_AT_ONCE))
    return merge(*(array("I", sorted(part, key=path)) for part in parts), key=path)


def _entry(path: bytes, member: Member) -> bytes:
    return entry(
        path,
        method=member.method,
        crc=member.crc,
        compressed=member.compressed,
        uncompressed=member.uncompressed,
        executable=is_executable(member.external),
    )


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
    return bool(attributes & _ANY_EXECUTE) and stat.S_ISREG(attributes >> 16)


def unsafe(filename: str, what: str) -> UnsafeWheelError:
    """Name the wheel and what is wrong with it."""
    return UnsafeWheelError(
        f"{filename} {what}.",
        hint="Do not install this wheel anywhere; pin another version, and tell the project (or the index) about it.",
    )


def not_a_zip(filename: str, error: BadZipError) -> UnsafeWheelError:
    """Name the wheel whose zip is broken, or lies."""
    return unsafe(filename, f"is not a zip that can be trusted: {error.message.rstrip('.')}")


def _dist_info(names: Iterable[bytes], filename: str) -> str:
    found = sorted(set(_top_folders(names, b".dist-info")))
    if len(found) != 1:
        what = f"several .dist-info folders ({', '.join(found)})" if found else "no .dist-info folder"
        raise unsafe(filename, f"holds {what}")
    if not normalised_name(found[0]).startswith(normalised_name(filename.split("-", 1)[0])):
        raise unsafe(filename, f"holds {found[0]}, the metadata of another project")
    return found[0]


def _top_folders(names: Iterable[bytes], suffix: bytes) -> Iterator[str]:
    wanted = suffix + b"/"
    for name in names:
        if wanted in name:
            first, _, _ = name.partition(b"/")
            if first.endswith(suffix):
                yield first.decode()


def layer_path(name: bytes, filename: str) -> bytes:
    """Return where a member goes below `python/`: as a rule to where it says, b"" where it stays behind.

    What lies in the `.data` folder moves, as pip does it, whatever the folder's spelling.
    """
    path = _out_of_data(name, filename) if _DATA in name and name[-1] != _SLASH else name
    return b"" if _CACHED in path and b"/" + _CACHED in b"/" + path else path


def _in_data(name: bytes) -> bool:
    return name.partition(b"/")[0].endswith(b".data")


def _out_of_data(name: bytes, filename: str) -> bytes:
    if not _in_data(name):
        return name
    _, _, rest = name.partition(b"/")
    scheme, _, inside = rest.partition(b"/")
    if not inside or scheme not in _AT_ROOT | _LEFT_OUT:
        raise unsafe(filename, f"holds {name.decode()}, which is in none of the folders that .data may have")
    if inside.partition(b"/")[0].endswith(b".dist-info"):
        raise unsafe(filename, f"holds {name.decode()}, which would take the place of metadata")
    return inside if scheme in _AT_ROOT else b""
