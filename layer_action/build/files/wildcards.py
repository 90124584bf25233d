"""What a pattern with wildcards means, folder by folder: pathlib's own means other things on each Python.

`*`, `?` and `[…]` match within a name, `**` any number of folders, also none, but follows no links to them.
"""

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from layer_action.build.files.made import is_cache, made_in
from layer_action.model.leftovers import is_source

_ANY_FOLDERS: Final = "**"
_WILD: Final = frozenset("*?[")

Matcher = Callable[[str], object]


def is_wild(part: str) -> bool:
    """Tell whether a part of a path holds wildcards."""
    return not _WILD.isdisjoint(part)


def matches(folder: str, parts: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the folders in which something matches, and the names there; below a matched folder nothing more is.

    What tools leave behind is passed over. Raises PermissionError; ValueError for what is no pattern.
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


def _below(folder: str, pattern: _Pattern, places: frozenset[int]) -> Iterator[tuple[str, list[str]]]:
    here, deeper = [], []
    try:
        found = os.scandir(folder)
    except PermissionError:
        raise
    except OSError:  # no folder, or a name longer than any file has
        return
    with found:
        for entry in found:
            after = pattern.after(entry.name, places, is_link=entry.is_symlink()) if is_source(entry.name) else None
            if not after or (_is_folder(entry) and is_cache(Path(entry.path))):
                continue
            if pattern.end in after:
                here.append(entry.name)
            elif _is_folder(entry):
                deeper.append((entry.name, after))
    made = made_in(Path(folder), here)
    if names := sorted(name for name in here if name not in made):
        yield folder, names
    for name, after in sorted(deeper):
        yield from _below(f"{folder}/{name}", pattern, after)


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False
