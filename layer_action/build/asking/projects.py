"""Projects of the repository, and those of them that they need in turn: by their path, or as members of a workspace."""

import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from layer_action.build.asking.asked import Asked
from layer_action.build.asking.ignored import ignored_by_backend
from layer_action.build.asking.neighbours import needed, neighbours
from layer_action.build.asking.uv_sources import no_member, not_read, uv_sources
from layer_action.build.files.places import path_below, relative
from layer_action.build.files.toml import table
from layer_action.build.files.tree import tree_hash
from layer_action.errors import ConfigError, Location
from layer_action.formats.digest import sha256_of


def with_nested(asked: Iterable[Asked], root: Path) -> dict[str, Asked]:
    """Map the name of everything asked for by path to the statement; nested projects take their parent's line.

    A name at two paths is an error. Raises ConfigError.
    """
    found: dict[str, Asked] = {}
    lines = list(asked)
    waiting = [one for one in lines if one.path]
    known = {one.name for one in waiting}
    told = known | {one.name for one in lines if one.requirement.url}
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
            waiting.extend(_nested(one, root.resolve(), known, told))
    return {name: found[name] for name in sorted(found)}


def local_identity(path: Path, *, root: Path) -> str:
    """Return what makes a local source the same again: `tree:…` of a folder, `sha256:…` of a file."""
    if path.is_dir():
        return f"tree:{tree_hash(path, root=root, without=ignored_by_backend(path, root))}"
    return f"sha256:{sha256_of(path)}"


def _nested(parent: Asked, root: Path, known: Container[str], told: Container[str]) -> list[Asked]:
    folder = root / parent.path
    pyproject = _pyproject(folder, parent.location)
    _check_version(pyproject, folder / "pyproject.toml", root)
    places = {name: folder / place for name, place in neighbours(pyproject).items()}
    names = needed(pyproject, parent.extras)
    for name, source in uv_sources(folder, root, parent.extras).items():
        is_needed = names is None or name in names
        if name in places or not (is_needed or source.folder == folder):
            continue
        if project := source.project(root):
            places |= {} if name in known else {name: project}
        elif source.of_workspace and name not in known:
            raise no_member(name, parent.path, parent.location)
        elif is_needed and name not in told:
            raise not_read(name, source, source.location(root))
    found: list[Asked] = []
    for name, place in places.items():
        path = path_below(root, folder, str(place), parent.location)
        if not path.exists():
            raise ConfigError(
                f"{relative(root, path)}, which {parent.path} needs, does not exist.",
                location=parent.location,
                hint=f"The pyproject.toml of {parent.path} names it. If it is a submodule, or left out by a sparse "
                "checkout, check it out.",
            )
        found.append(Asked(requirement=Requirement(name), location=parent.location, path=relative(root, path)))
    return found


def _check_version(pyproject: Mapping[str, object], file: Path, root: Path) -> None:
    """Hold a version that is stated to be one: a wheel could not be called by it."""
    version = table(pyproject, "project").get("version", "0")
    try:
        Version(str(version))
    except InvalidVersion as error:
        lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        stated = re.compile(rf"""\s*version\s*=\s*["']{re.escape(str(version))}["']""")
        raise ConfigError(
            f"`{version}` is no version.",
            location=Location(
                relative(root, file), next((number for number, line in lines if stated.match(line)), None)
            ),
            hint="Write it as PEP 440 has it: `1.2`, `1.2.3`, `1.2rc1`, `1.2.dev3` or `1.2+local`.",
        ) from error


def _pyproject(folder: Path, location: Location) -> Mapping[str, object]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        what = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"The pyproject.toml of {folder.name} cannot be read: {what}.",
            location=location,
            hint="Give this user the right to read it."
            if isinstance(error, OSError)
            else "Save it as UTF-8 text, and as TOML.",
        ) from error
