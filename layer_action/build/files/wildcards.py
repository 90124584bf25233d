"""What a pattern with wildcards means, folder by folder: pathlib's own means other things on each Python.

`*`, `?` and `[…]` match within a name, `**` any number of folders, also none, but follows no links to them.
"""

import errno
import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from layer_action.formats.made import is_cache, made_in
from layer_action.model.leftovers import is_source
from layer_action.on_disk import Lines, in_order

_ANY_FOLDERS: Final = "**"
_WILD: Final = frozenset("*?[")
# there is none, or a link that leads to itself, or a name longer than any file has
_NO_FOLDER: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
# behind a name that is sorted
_MATCHES: Final = b"\0m"
_IS_FOLDER: Final = b"\0f"
_IS_LINK: Final = b"\0l"

Matcher = Callable[[str], object]


def is_wild(part: str) -> bool:
    """Tell whether a part of a path holds wildcards."""
    return not _WILD.isdisjoint(part)


def matches(folder: str, parts: Sequence[str]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the folders in which something matches, and the names there; below a matched folder nothing more is.

    What tools leave behind is passed over. Raises OSError for a folder that cannot be read, ValueError for what is no
    pattern.
    """
    if any(_ANY_FOLDERS in part != _ANY_FOLDERS for part in parts):
        raise ValueError(parts)
    pattern = _Pattern(parts)
    places = pattern.reached({0})
    if pattern.end in places:
        yield os.path.split(folder)[0], [os.path.split(folder)[1]]
    else:
        yield from _below(folder, pattern, places)


class _Pattern:
    """A pattern's parts; a place is the number of parts that a path has gone through."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.end = len(parts)
        self._names: list[Matcher | None] = [
            None if part == _ANY_FOLDERS else re.compile(fnmatch.translate(part)).match for part in parts
        ]

    def reached(self, places: set[int]) -> frozenset[int]:
        """Add where one is as well: `**` also means no folder."""
        found = set(places)
        for place in range(self.end):
            if place in found and self._names[place] is None:
                found.add(place + 1)
        return frozenset(found)

    def after(self, name: str, places: frozenset[int], *, is_link: bool) -> frozenset[int]:
        """Return the places after one more name."""
        found = set()
        for place in places - {self.end}:
            matcher = self._names[place]
            if matcher is None:
                found |= {place} if not is_link else set()
            elif matcher(name):
                found.add(place + 1)
        return self.reached(found)


def _below(folder: str, pattern: _Pattern, places: frozenset[int]) -> Iterator[tuple[str, Iterable[str]]]:
    try:
        with os.scandir(folder) as entries:
            names = Lines(in_order(_worth_a_look(entries, pattern, places)))
    except OSError as error:
        if error.errno in _NO_FOLDER:
            return
        raise
    made = made_in(Path(folder))
    here = (name for name, kind in map(_split, names) if kind == _MATCHES and not made(name))
    if first := next(here, None):
        yield folder, chain((first,), here)
    for name, kind in map(_split, names):
        if kind != _MATCHES:
            yield from _below(f"{folder}/{name}", pattern, pattern.after(name, places, is_link=kind == _IS_LINK))


def _worth_a_look(entries: "Iterable[os.DirEntry[str]]", pattern: _Pattern, places: frozenset[int]) -> Iterator[bytes]:
    """Yield the names in a folder that match, or below which something may, each with its kind at the end."""
    for entry in entries:
        is_link = entry.is_symlink()
        after = pattern.after(entry.name, places, is_link=is_link) if is_source(entry.name) else None
        if not after or (_is_folder(entry) and is_cache(Path(entry.path))):
            continue
        if pattern.end in after:
            yield os.fsencode(entry.name) + _MATCHES
        elif _is_folder(entry):
            yield os.fsencode(entry.name) + (_IS_LINK if is_link else _IS_FOLDER)


def _split(line: bytes) -> tuple[str, bytes]:
    return os.fsdecode(line[: -len(_MATCHES)]), line[-len(_MATCHES) :]


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
