"""Indexes that a pyproject.toml names: they change where packages come from, as lines of a requirements file do."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from layer_action.build.asking.asked import FIND_LINKS, IndexOption
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.asking.uv_sources import workspace_of
from layer_action.build.files.places import is_address, relative
from layer_action.build.files.toml import array, table, tables
from layer_action.errors import Location

_FIRST: Final = "--index-url"
_MORE: Final = "--extra-index-url"
_USUAL: Final = "pypi"
_HOST: Final = [_USUAL, "org"]  # labels


def project_indexes(folder: Path, root: Path) -> Iterator[IndexOption]:
    """Yield the indexes of a project, or of its workspace, as the lines that would name them.

    Those that serve only what names them (`explicit`) are left out: see `uv_sources`. `root` must be resolved.
    """
    for place in (folder, *workspace_of(folder, root)):
        file = place / "pyproject.toml"
        for name, value, index in _stated(read_pyproject_of(place)):
            lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
            number = next((number for number, line in lines if value in line), None)
            yield IndexOption(name=name, value=value, location=Location(relative(root, file), number), index=index)


def named_indexes(folder: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield names and addresses of all indexes of a project or its workspace, also of those that are `explicit`."""
    for place in (folder, *workspace_of(folder, root)):
        for index in _tables(read_pyproject_of(place)):
            name, url = index.get("name"), index.get("url")
            if isinstance(name, str) and isinstance(url, str) and is_address(url):
                yield name, url


def _tables(pyproject: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    yield from tables(table(pyproject, "tool", "uv").get("index"))
    for tool in ("poetry", "pdm"):
        yield from tables(table(pyproject, "tool", tool).get("source"))


def _stated(pyproject: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield option, address and name of each index; "" for one without a name."""
    uv = table(pyproject, "tool", "uv")
    replacing = tables(table(pyproject, "tool", "pdm").get("source"))  # with PDM the usual one goes by its name
    for index in filter(_counts, _tables(pyproject)):
        is_first = _has_usual_name(index) and index in replacing
        yield _FIRST if is_first else _option(index), str(index["url"]), str(index.get("name", ""))
    if isinstance(first := uv.get("index-url"), str):
        yield _FIRST, first, ""
    for key, name in (("extra-index-url", _MORE), ("find-links", FIND_LINKS)):
        yield from ((name, value, "") for value in array(uv.get(key)) if isinstance(value, str))


def _counts(index: Mapping[str, object]) -> bool:
    """Tell whether an index is another than the usual one, and asked for any name."""
    on_demand = index.get("explicit") is True or index.get("priority") == "explicit"
    return "url" in index and not on_demand and not (_has_usual_name(index) and _is_usual(str(index["url"])))


def _has_usual_name(index: Mapping[str, object]) -> bool:
    return str(index.get("name", "")).lower() == _USUAL


def _is_usual(url: str) -> bool:
    return is_address(url) and (urlsplit(url).hostname or "").split(".") == _HOST


def _option(index: Mapping[str, object]) -> str:
    if index.get("format") == "flat" or index.get("type") == "find_links":
        return FIND_LINKS
    return _FIRST if index.get("default") is True else _MORE
