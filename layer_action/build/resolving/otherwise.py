"""What projects tell their tools to do otherwise than metadata says: a pylock made of them does not repeat it."""

from collections.abc import Iterator
from pathlib import Path

from packaging.utils import canonicalize_name

from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.files.toml import array, table, tables
from layer_action.build.wheels.pep508 import readable
from layer_action.record import record


@record
class Otherwise:
    """What others need of the `overridden` names does not count, nor what the `restated` ones say that they need."""

    overridden: frozenset[str]
    restated: frozenset[str]


def told_otherwise(folder: Path, root: Path) -> Otherwise:
    """Return what the projects say in whose folders a lock lies, from its own up to the repository's root."""
    places = [place for place in (folder, *folder.parents) if place.is_relative_to(root)]
    return Otherwise(
        overridden=frozenset(map(canonicalize_name, (name for place in places for name in _overridden(place)))),
        restated=frozenset(map(canonicalize_name, (name for place in places for name in _restated(place)))),
    )


def _overridden(place: Path) -> Iterator[str]:
    pyproject = read_pyproject_of(place)
    uv, pdm = table(pyproject, "tool", "uv"), table(pyproject, "tool", "pdm", "resolution")
    for text in (*array(uv.get("override-dependencies")), *array(uv.get("exclude-dependencies"))):
        if isinstance(text, str) and (stated := readable(text)):
            yield stated.name
    yield from table(pdm.get("overrides"))
    yield from (name for name in array(pdm.get("excludes")) if isinstance(name, str))


def _restated(place: Path) -> Iterator[str]:
    uv = table(read_pyproject_of(place), "tool", "uv")
    of_one = [*tables(uv.get("override-dependencies")), *tables(uv.get("exclude-dependencies"))]
    stated = [*tables(uv.get("dependency-metadata")), *(table(each.get("package")) for each in of_one)]
    yield from (name for each in stated if isinstance(name := each.get("name"), str))
