"""Where Poetry takes what [project] needs from, as [tool.poetry.dependencies] says: the names alone are the index's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.uv_sources import UvSource, alternatives
from layer_action.build.files.toml import table

_TABLE: Final = "tool.poetry.dependencies"
_ELSEWHERE: Final = {"git", "url", "source"}


def poetry_sources(pyproject: Mapping[str, object], folder: Path) -> dict[str, UvSource]:
    """Map normalised names to what is said of them, in the keys that uv has for it too; paths are `neighbours`'.

    Of several, which markers choose between, nothing is said that could be followed.
    """
    return {
        canonicalize_name(written): UvSource(folder=folder, written=written, said=_said(found), table=_TABLE)
        for written, found in table(pyproject, *_TABLE.split(".")).items()
        if any(one.keys() & _ELSEWHERE for one in alternatives(found))
    }


def _said(found: object) -> Mapping[str, object]:
    return found if isinstance(found, dict) and "source" not in found else {}
