"""Folders of the repository, read the same on every machine: what counts, in which order, with which mode."""

import hashlib
import json
import os
import stat
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Final

from layer_action.build.files.places import INSIDE_ONLY, relative, resolved
from layer_action.errors import ConfigError, LayerActionError
from layer_action.exhausted import exhausted
from layer_action.formats.digest import sha256_of
from layer_action.formats.made import is_cache, made_in
from layer_action.model.leftovers import is_source
from layer_action.on_disk import Lines, in_order
from layer_action.record import record

_GIT: Final = ".git"
_MOST_LINKS: Final = 1_000
# below a project's top only: a package may be called so
BUILD_OUTPUT: Final = frozenset({"build", "dist"})
_OWNER_MAY_EXECUTE: Final = 0o100
# behind a name that is sorted; it may be no UTF-8, and is sorted as Python does it
_LINK: Final = b"\0l"
_NO_LINK: Final = b"\0-"
_FLAG: Final = len(_LINK)
_ANY_NAME: Final = "surrogatepass"


@record
class TreeFile:
    """A file below a folder; `relative` is its path in POSIX spelling, `size` is in bytes.

    The only mode that counts is `executable`.
    """

    relative: str
    path: Path
    size: int
    executable: bool


def files_below(folder: Path, *, root: Path, base: Path | None = None) -> Iterator[TreeFile]:
    """Yield the source files below a folder, sorted, named from `base` or from there; links are followed, as pip does.

    A link that leads back to where one comes from ends there. Raises ConfigError for links that lead out of the
    repository at `root`, or nowhere, and for very many.
    """
    root, place = root.resolve(), folder.resolve()
    _hold_inside(place, folder, root)
    cut = len(os.path.join(base or folder, ""))  # noqa: PTH118 - with the slash
    for path in _Walk(folder, root).below(folder, (place,)):
        yield _file(str(path)[cut:], path, root)


class _Walk:
    """One walk through a folder; counts the links to folders, which could multiply without end."""

    def __init__(self, top: Path, root: Path) -> None:
        self._top = top
        self._root = root
        self._links = 0

    def below(self, folder: Path, above: tuple[Path, ...]) -> Iterator[Path]:
        """Yield the files below a folder; `above` are the true places of the folders that one is in."""
        for name, is_link in self._names(folder):
            path = folder / name
            if not is_link and not name.endswith("/"):
                yield path
                continue
            place = _place(path, self._root) if is_link else above[-1] / name
            if not place.is_dir():
                yield path
            elif place not in above and not is_cache(place):
                self._links += is_link
                self._check_links()
                yield from self.below(path, (*above, place))

    def _names(self, folder: Path) -> Iterator[tuple[str, bool]]:
        """Yield what is in a folder, and which of it are links; folders end in a slash, as in the paths below them."""
        made = made_in(folder)
        try:
            with os.scandir(folder) as entries:
                wanted = (entry for entry in entries if is_source(entry.name) and not made(_name(entry)))
                found = Lines(in_order(_to_sort(entry) for entry in wanted))
        except OSError as error:
            raise _unreadable(folder, self._root, error) from error
        return ((line[:-_FLAG].decode("utf-8", _ANY_NAME), line.endswith(_LINK)) for line in found)

    def _check_links(self) -> None:
        if self._links > _MOST_LINKS:
            raise ConfigError(
                f"{_shown(self._top, self._root)} leads through more than {_MOST_LINKS} links to folders.",
                hint="Links may lead to the same folders again and again: remove some.",
            )


def _to_sort(entry: "os.DirEntry[str]") -> bytes:
    return _name(entry).encode("utf-8", _ANY_NAME) + (_LINK if entry.is_symlink() else _NO_LINK)


def _name(entry: "os.DirEntry[str]") -> str:
    try:
        return f"{entry.name}/" if entry.is_dir() else entry.name
    except OSError:  # a link that leads to itself, or to where this user may not look
        return entry.name


def tree_file(folder: Path, path: Path, *, root: Path) -> TreeFile:
    """Return one file below a folder that is inside of the repository. Raises ConfigError as `files_below` does."""
    if path.is_symlink():
        _place(path, root)
    return _file(_posix(folder, path), path, root)


def check_inside(folder: Path, root: Path) -> None:
    """Raise ConfigError for a folder that leads out of the repository at `root`, which must be resolved."""
    _place(folder, root)


def _file(name: str, path: Path, root: Path) -> TreeFile:
    """Return a file that is known to be inside of the repository."""
    try:
        found = path.stat()
    except OSError as error:
        raise _unreadable(path, root, error) from error
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(
            f"{_shown(path, root)} is a pipe, a socket or a device.", hint="Only files go into a layer: remove it."
        )
    executable = bool(found.st_mode & _OWNER_MAY_EXECUTE)
    return TreeFile(relative=name, path=path, size=found.st_size, executable=executable)


def _place(path: Path, root: Path) -> Path:
    """Return where a path leads to: a pull request may bring links, and must not get at what is not of the repository.

    That is not only what is outside: git's own folder holds the job's token.
    """
    place = resolved(path)
    _hold_inside(place, path, root)
    if not place.exists():
        raise ConfigError(
            f"{_shown(path, root)} is a link to nothing.",
            hint="Remove it, or check out what it leads to (a submodule, or a folder that a sparse checkout left out).",
        )
    return place


def _hold_inside(place: Path, path: Path, root: Path) -> None:
    if _GIT in path.parts[len(root.parts) :]:
        raise ConfigError(f"{_shown(path, root)} is git's own.", hint="Only what is checked out goes into a layer.")
    if not place.is_relative_to(root) or _GIT in place.relative_to(root).parts:
        raise ConfigError(f"{_shown(path, root)} is a link out of the repository.", hint=INSIDE_ONLY)


def _unreadable(path: Path, root: Path, error: OSError) -> LayerActionError:
    return exhausted(error) or ConfigError(
        f"{_shown(path, root)} cannot be read: {error.strerror}.", hint="Give this user the right to read it."
    )


def _shown(path: Path, root: Path) -> str:
    return relative(root, path) if path.is_relative_to(root) else path.name


def _posix(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def project_files(folder: Path, *, root: Path, without: Container[str] = ()) -> Iterator[TreeFile]:
    """Yield the files that a build of a project can depend on: `files_below` without its build outputs, and more."""
    for file in files_below(folder, root=root):
        if file.relative.partition("/")[0] not in BUILD_OUTPUT and file.relative not in without:
            yield file


def tree_hash(folder: Path, *, root: Path, without: Container[str] = ()) -> str:
    """Return the sha256, as 64 hex digits, over path, mode bit and content of a project's files."""
    state = hashlib.sha256()
    for file in project_files(folder, root=root, without=without):
        fact = [file.relative, "755" if file.executable else "644", sha256_of(file.path)]
        state.update(json.dumps(fact).encode() + b"\n")
    return state.hexdigest()
