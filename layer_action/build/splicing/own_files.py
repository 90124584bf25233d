"""The repository's own files that `include` puts into a layer."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Final

from layer_action.build.files.places import INSIDE_ONLY, reading_below, relative, resolved
from layer_action.build.files.tree import TreeFile, check_inside, files_below, tree_file
from layer_action.build.files.wildcards import is_wild, matches
from layer_action.build.splicing.exclude import excluder
from layer_action.errors import ConfigError, LayerActionError, Location, located, raise_all
from layer_action.formats.digest import sha256_in
from layer_action.model.layer import LayerSpec
from layer_action.model.own_files import POINTER, OwnFile, OwnFiles
from layer_action.on_disk import in_order

_TOP: Final = "python"
# what a wheel's paths may not have either: control characters, backslashes, bytes that are no UTF-8
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff]")


def own_files(spec: LayerSpec, root: Path) -> OwnFiles:
    """Return the files that `include` names.

    A pattern's folders before its first wildcard are left out, its last part never is: `src/shop` and `src/*` both put
    `src/shop/cart.py` at `python/shop/cart.py`. No wildcard matches what tools leave behind. `exclude` counts here too.
    Raises ConfigError, Problems.
    """
    problems: list[LayerActionError] = []
    found = OwnFiles(_each(spec, root.resolve(), problems))
    twice = [at for at in range(1, len(found)) if found.path(at - 1) == found.path(at)]
    clashes = ((found[at - 1], found[at]) for at in twice)
    problems += [_clash(one, other, spec, root.resolve()) for one, other in clashes if not _same(one, other)]
    raise_all(problems)
    again = {at - 1 for at in twice}
    return OwnFiles(own for at, own in enumerate(found) if at not in again) if again else found


def left_out(spec: LayerSpec, root: Path) -> Iterator[tuple[str, int]]:
    """Yield the paths below `python/` of own files that `exclude` leaves out, and their sizes. Raises ConfigError."""
    excluded = excluder(spec.exclude)
    if excluded is None:
        return
    with reading_below(root.resolve()):
        files = (file for pattern in spec.include for file in _matches(spec, root.resolve(), pattern))
        left = ((file.relative, file.size) for file in files if excluded(file.relative))
        if len(spec.include) == 1:
            yield from left
        else:  # two patterns may mean one file
            lines = in_order(f"{path}\0{size}".encode("utf-8", "surrogateescape") for path, size in left)
            for line, _ in groupby(lines):
                path, _, size = line.decode("utf-8", "surrogateescape").rpartition("\0")
                yield path, int(size)


def _each(spec: LayerSpec, root: Path, problems: list[LayerActionError]) -> Iterator[OwnFile]:
    """Yield the files of each pattern, maybe some again; what is wrong with one is added to the problems."""
    excluded = excluder(spec.exclude)
    for pattern in spec.include:
        try:
            with reading_below(root):
                for file in _matches(spec, root, pattern):
                    if not (excluded and excluded(file.relative)):
                        yield _own_file(file, spec)
        except LayerActionError as problem:
            problems.append(problem)


def _own_file(file: TreeFile, spec: LayerSpec) -> OwnFile:
    place = f"{_TOP}/{file.relative}"
    if _UNSAFE.search(place):
        raise ConfigError(
            f"{file.relative!r} is a name that no layer may hold.",
            location=spec.location("include"),
            hint="Rename the file: without backslashes and control characters, and in UTF-8.",
        )
    with file.path.open("rb", buffering=0) as opened:
        is_pointer = opened.read(len(POINTER)) == POINTER
        opened.seek(0)
        sha256 = sha256_in(opened)
    return OwnFile(
        path=place,
        source=file.path,
        sha256=sha256,
        size=file.size,
        executable=file.executable,
        is_pointer=is_pointer,
    )


def _same(one: OwnFile, other: OwnFile) -> bool:
    return (one.sha256, one.executable) == (other.sha256, other.executable)


def _clash(one: OwnFile, other: OwnFile, spec: LayerSpec, root: Path) -> ConfigError:
    both = " and ".join(sorted(relative(root, own.source) for own in (one, other)))
    return ConfigError(
        f"Both {both} would be {one.path}.",
        location=spec.location("include"),
        hint="Include one of them, or give them folders of their own.",
    )


def _matches(spec: LayerSpec, root: Path, pattern: str) -> Iterator[TreeFile]:
    here = spec.location("include")
    base, parts = _split(root, pattern, here)
    nothing = True
    try:
        for folder, names in _found(base, parts):
            nothing = False
            check_inside(Path(folder), root)  # any folder on the way may be a link
            for name in names:
                yield from _files(base, Path(folder, name), root)
    except ValueError as error:
        raise ConfigError(
            f"`include` names {pattern}, which is no pattern.",
            location=here,
            hint="Write `**` as a whole part of the path, such as `src/**/*.py`.",
        ) from error
    except ConfigError as error:
        raise located(error, here) from error
    if nothing:
        raise ConfigError(
            f"`include` names {pattern}, but no file matches.",
            location=here,
            hint="Write paths relative to the repository's root.",
        )


def _split(root: Path, pattern: str, here: Location | None) -> tuple[Path, tuple[str, ...]]:
    """Return the folder before a pattern's first wildcard, and the parts from there on. Raises ConfigError."""
    parts = PurePosixPath(pattern).parts
    if all(part == "**" for part in parts):
        raise ConfigError(
            "`include` names the whole repository.",
            location=here,
            hint="Name the folders whose files the layer needs, such as `src/shop`.",
        )
    if ".." in parts:
        raise ConfigError(
            f"`include` names {pattern}, which goes back by `..`.",
            location=here,
            hint="Write the path from the repository's root, without `..`.",
        )
    fixed = next((number for number, part in enumerate(parts[:-1]) if is_wild(part)), len(parts) - 1)
    base = root.joinpath(*parts[:fixed])
    if PurePosixPath(pattern).is_absolute() or not resolved(base).is_relative_to(root):
        raise ConfigError(
            f"`include` names {pattern}, which lies outside of the repository.", location=here, hint=INSIDE_ONLY
        )
    return base, parts[fixed:]


def _found(base: Path, parts: tuple[str, ...]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield folders and the names in them; whoever writes a name without wildcards means it, whatever it is."""
    if any(map(is_wild, parts)):
        yield from matches(str(base), parts)
    elif os.path.lexists(base / parts[0]):
        yield str(base), [parts[0]]


def _files(base: Path, path: Path, root: Path) -> Iterator[TreeFile]:
    """Yield a matched file, or all files below a matched folder, named relative to the pattern's fixed part."""
    if path.is_dir():
        yield from files_below(path, root=root, base=base)
    else:
        yield tree_file(base, path, root=root)
