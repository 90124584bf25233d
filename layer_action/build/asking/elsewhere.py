"""Where a pyproject.toml keeps its dependencies if not in [project]: in tables of other tools, which are not read."""

from collections.abc import Mapping
from typing import Final

from layer_action.build.files.toml import table
from layer_action.record import record


@record
class Elsewhere:
    """A table that holds dependencies, the text of the line that says so, and what to do about it."""

    table: str
    line: str
    way: str


_TABLES: Final = {
    "dependencies": Elsewhere(
        table="tool.poetry",
        line="[tool.poetry.dependencies]",
        way="Write them as `dependencies` of [project], which Poetry 2 reads too, or name what "
        "`poetry export -f requirements.txt` (of poetry-plugin-export) writes as the layer's requirements.",
    ),
    "requires": Elsewhere(
        table="tool.flit.metadata",
        line="requires",
        way="Write them as `dependencies` of [project], which flit reads since its version 3.2.",
    ),
    "pypi-dependencies": Elsewhere(
        table="tool.pixi",
        line="pypi-dependencies",
        way="Write them as `dependencies` of [project], which pixi reads too.",
    ),
}
_PYTHON: Final = "python"  # which Poetry lists among them


def kept_elsewhere(pyproject: Mapping[str, object]) -> Elsewhere | None:
    """Return the table that holds what a project depends on; None where there is none, or [project] says it."""
    if table(pyproject, "project").get("dependencies") is not None:
        return None
    for key, place in _TABLES.items():
        found = table(pyproject, *place.table.split(".")).get(key)
        if isinstance(found, Mapping | list) and any(each != _PYTHON for each in found):
            return place
    return None
