"""The repository's own files that `include` puts into a layer."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from layer_action.build.places import INSIDE_ONLY, relative
from layer_action.build.tree import TreeFile, files_below, sha256_of, tree_file
from layer_action.errors import ConfigError, LayerActionError, located, raise_all
from layer_action.model.layer import LayerSpec, OwnFile

_WILD: Final = frozenset("*?[")
_TOP: Final = "python"
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER: Final = b"version https://git-lfs.github.com/spec/v1\n"


def own_files(spec: LayerSpec, root: Path) -> tuple[OwnFile, ...]:
    """Return the files that `include` names, sorted by their place in the zip.

    A pattern's folders before its first wildcard are left out, its last part never is: `src/shop` and `src/*` both put
    `src/shop/cart.py` at `python/shop/cart.py`. Raises ConfigError, Problems.
    """
    found: dict[str, OwnFile] = {}
    problems: list[LayerActionError] = []
    for pattern in spec.include:
        try:
            for file in _matches(spec, root.resolve(), pattern):
                _add(found, file, spec, root)
        except LayerActionError as problem:
            problems.append(problem)
    raise_all(problems)
    return tuple(found[place] for place in sorted(found))


def _add(found: dict[str, OwnFile], file: TreeFile, spec: LayerSpec, root: Path) -> None:
    place = f"{_TOP}/{file.relative}"
    own = OwnFile(
        path=place,
        source=file.path,
        sha256=sha256_of(file.path),
        size=file.path.stat().st_size,
        executable=file.executable,
        is_pointer=_is_pointer(file.path),
    )
    other = found.setdefault(place, own)
    if (other.sha256, other.executable) != (own.sha256, own.executable):
        both = " and ".join(relative(root.resolve(), path) for path in (other.source, own.source))
        raise ConfigError(
            f"Both {both} would be {place}.",
            location=spec.location("include"),
            hint="Include one of them, or give them folders of their own.",
        )


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_POINTER)) == _POINTER


def _matches(spec: LayerSpec, root: Path, pattern: str) -> Iterator[TreeFile]:
    here = spec.location("include")
    parts = PurePosixPath(pattern).parts
    fixed = 0
    while fixed < len(parts) - 1 and not _WILD & set(parts[fixed]):
        fixed += 1
    base = root.joinpath(*parts[:fixed])
    if PurePosixPath(pattern).is_absolute() or ".." in parts or not parts or not base.resolve().is_relative_to(root):
        raise ConfigError(
            f"`include` names {pattern}, which lies outside of the repository.", location=here, hint=INSIDE_ONLY
        )
    matched = sorted(base.glob("/".join(parts[fixed:])))
    if not matched:
        raise ConfigError(
            f"`include` names {pattern}, but no file matches.",
            location=here,
            hint="Write paths relative to the repository's root.",
        )
    try:
        for path in matched:
            yield from _files(base, path, root)
    except ConfigError as error:
        raise located(error, here) from error


def _files(base: Path, path: Path, root: Path) -> Iterator[TreeFile]:
    """Yield a matched file, or all files below a matched folder, named relative to the pattern's fixed part."""
    if path.is_dir():
        for file in files_below(path, root=root):
            yield tree_file(base, file.path, root=root)
    elif path.is_file() or path.is_symlink():
        yield tree_file(base, path, root=root)
