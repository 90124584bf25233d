"""Projects of the repository, and those of them that they need in turn (`[tool.uv.sources]` with a `path`)."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from layer_action.build.asked import Asked
from layer_action.build.places import path_below, relative
from layer_action.build.tree import sha256_of, tree_hash
from layer_action.errors import ConfigError, Location


def with_nested(asked: Iterable[Asked], root: Path) -> dict[str, Asked]:
    """Map the name of everything asked for by path to the statement; nested projects take their parent's line.

    A name at two paths is an error. Raises ConfigError.
    """
    found: dict[str, Asked] = {}
    waiting = [one for one in asked if one.path]
    while waiting:
        one = waiting.pop()
        other = found.setdefault(one.name, one)
        if other.path != one.path:
            raise ConfigError(
                f"{one.name} is asked for at two paths: {other.path} and {one.path}.",
                location=one.location,
                hint="Ask for one of them.",
            )
        if other is one and (root / one.path).is_dir():
            waiting.extend(_nested(one, root.resolve()))
    return {name: found[name] for name in sorted(found)}


def local_identity(path: Path, *, root: Path) -> str:
    """Return what makes a local source the same again: `tree:…` of a folder, `sha256:…` of a file."""
    return f"tree:{tree_hash(path, root=root)}" if path.is_dir() else f"sha256:{sha256_of(path)}"


def _nested(parent: Asked, root: Path) -> list[Asked]:
    folder = root / parent.path
    found: list[Asked] = []
    for name, place in _path_sources(folder, parent.location).items():
        path = path_below(root, folder, place, parent.location)
        if not path.exists():
            raise ConfigError(
                f"{relative(root, path)}, which {parent.path} needs, does not exist.",
                location=parent.location,
                hint=f"`[tool.uv.sources]` of {parent.path} names it. If it is a submodule, or left out by a sparse "
                "checkout, check it out.",
            )
        requirement = Requirement(canonicalize_name(name))
        found.append(Asked(requirement=requirement, location=parent.location, path=relative(root, path)))
    return found


def _path_sources(folder: Path, location: Location) -> Mapping[str, str]:
    try:
        document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"The pyproject.toml of {folder.name} cannot be read: {error}.",
            location=location,
            hint="Save it as UTF-8 text, and as TOML.",
        ) from error
    table: object = document
    for key in ("tool", "uv", "sources"):
        table = table.get(key) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        return {}
    return {
        str(name): str(source["path"])
        for name, source in table.items()
        if isinstance(source, dict) and isinstance(source.get("path"), str)
    }
