"""Where the members of one wheel go in a layer, and which stay behind."""

import re
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from layer_action.errors import BadZipError, UnsafeWheelError
from layer_action.formats.zipdir import DEFLATED, ENCRYPTED, STORED, Member

ROOT: Final = "python/"

Excluded = Callable[[str], bool]
"""Whether the config leaves out a path (relative to `python/`)."""

# Drive letters, backslashes, control characters, what ends a line or turns the direction of writing, bytes that are no
# UTF-8; empty, `.` and `..` as parts of a path.
_UNSAFE: Final = (
    r"^$|^/|^[A-Za-z]:|//|(?:^|/)\.\.?(?:/|$)|[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\\\ud800-\udfff]"
)
_LINK: Final = stat.S_IFLNK >> 12
_LONGEST_PART: Final = 255  # bytes, in Linux file systems
_LONGEST_PATH: Final = 4095 - len("/opt/python/")  # bytes; Linux's PATH_MAX counts a NUL too
# A deflate stream cannot do better (zlib's technical details): 258 bytes take two bits.
_BEST_RATIO: Final = 1032
_LEAST_STREAM: Final = 1032
# https://packaging.python.org/en/latest/specifications/binary-distribution-format/#the-data-directory
_AT_ROOT: Final = frozenset({"purelib", "platlib", "data"})
_LEFT_OUT: Final = frozenset({"scripts", "headers"})
_CACHED: Final = "__pycache__/"


class Left(NamedTuple):
    """A member that the config leaves out, and where it would have been below `python/`."""

    path: str
    member: Member


class Placement(NamedTuple):
    """What a wheel gives to a layer.

    `dist_info` is its folder's name. `paths` are relative to `python/`, one for each of `members`. `record_changes`
    tells that RECORD lists what is not where it says. `excluded` are the members that the config leaves out.
    """

    dist_info: str
    paths: tuple[str, ...]
    members: tuple[Member, ...]
    record_changes: bool
    excluded: tuple[Left, ...]

    def metadata(self, name: str) -> Member | None:
        """Return a member of the `.dist-info` folder."""
        path = f"{self.dist_info}/{name}"
        return self.members[self.paths.index(path)] if path in self.paths else None


def place(
    members: Sequence[Member], filename: str, excluded: Excluded | None = None, *, checked: bool = False
) -> Placement:
    """Map the members of the wheel `filename`. Raises UnsafeWheelError for those that no layer may hold.

    With `checked` they were looked at before: when their wheel entered the cache.
    """
    if not checked:
        for member in members:
            check(member, filename)
    paths: list[str] = []
    kept: list[Member] = []
    dropped: list[Left] = []
    record_changes = False
    dist_info = _dist_info(members, filename)
    own = f"{dist_info}/"
    for member in members:
        name = member.name
        if name[-1] == "/":
            continue
        path = _path(name, filename) if ".data/" in name else name
        if path and not (_CACHED in path and _is_cached(path)):
            if excluded and excluded(path) and not path.startswith(own):
                dropped.append(Left(path, member))
            else:
                paths.append(path)
                kept.append(member)
                record_changes = record_changes or path is not name
                continue
        record_changes = True
    return Placement(
        dist_info=dist_info,
        paths=tuple(paths),
        members=tuple(kept),
        record_changes=record_changes,
        excluded=tuple(dropped),
    )


def _is_cached(path: str) -> bool:
    return f"/{_CACHED}" in f"/{path}"


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


def is_executable(member: Member) -> bool:
    """Tell whether pip would make the file executable."""
    mode = member.mode
    return bool(mode & 0o111) and stat.S_ISREG(mode)


def rewritten_record(record: bytes, placement: Placement) -> bytes:
    """Return RECORD as it is true of the layer: moved files where they are now, others not listed.

    Raises `csv.Error`.
    """
    import csv  # noqa: PLC0415 - few wheels need it
    import io  # noqa: PLC0415

    now = {member.name: path for path, member in zip(placement.paths, placement.members, strict=True)}
    # text over bytes: a StringIO takes four bytes a character
    listed, into = io.BytesIO(record), io.BytesIO()
    with (
        io.TextIOWrapper(listed, encoding="utf-8", errors="surrogateescape", newline="") as rows,
        io.TextIOWrapper(into, encoding="utf-8", errors="surrogateescape", newline="") as written,
    ):
        writer = csv.writer(written, lineterminator="\n")
        writer.writerows([now[row[0]], *row[1:]] for row in csv.reader(rows) if row and row[0] in now)
        written.flush()
        return into.getvalue()


def unsafe(filename: str, what: str) -> UnsafeWheelError:
    """Name the wheel and what is wrong with it."""
    return UnsafeWheelError(
        f"{filename} {what}.",
        hint="Do not install this wheel anywhere; pin another version, and tell the project (or the index) about it.",
    )


def not_a_zip(filename: str, error: BadZipError) -> UnsafeWheelError:
    """Name the wheel whose zip is broken, or lies."""
    return unsafe(filename, f"is not a zip that can be trusted: {error.message.rstrip('.')}")


def _dist_info(members: Sequence[Member], filename: str) -> str:
    found = sorted(set(_top_folders(members, ".dist-info")))
    if len(found) != 1:
        what = f"several .dist-info folders ({', '.join(found)})" if found else "no .dist-info folder"
        raise unsafe(filename, f"holds {what}")
    if not normal(found[0]).startswith(normal(filename.split("-", 1)[0])):
        raise unsafe(filename, f"holds {found[0]}, the metadata of another project")
    return found[0]


def normal(name: str) -> str:
    """Normalise a name as PEP 503 does; `packaging.utils` would cost 30 ms of start-up."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _top_folders(members: Sequence[Member], suffix: str) -> Iterator[str]:
    wanted = f"{suffix}/"
    for member in members:
        if wanted in member.name:
            first, _, _ = member.name.partition("/")
            if first.endswith(suffix):
                yield first


def _path(name: str, filename: str) -> str:
    """Return the path of a member that may lie in the `.data` folder, "" for one that stays behind.

    As pip does, whatever the folder's spelling.
    """
    folder, _, rest = name.partition("/")
    if not folder.endswith(".data"):
        return name
    scheme, _, inside = rest.partition("/")
    if not inside or scheme not in _AT_ROOT | _LEFT_OUT:
        raise unsafe(filename, f"holds {name}, which is in none of the folders that .data may have")
    if inside.partition("/")[0].endswith(".dist-info"):
        raise unsafe(filename, f"holds {name}, which would take the place of metadata")
    return inside if scheme in _AT_ROOT else ""
