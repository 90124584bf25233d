"""Indexes that a pyproject.toml or uv.toml names: they change where packages come from, as requirement lines do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from layer_action.build.asking.index_option import FIND_LINKS, IndexOption
from layer_action.build.asking.project import read_pyproject_of, read_toml_of
from layer_action.build.asking.settings import UvToml, is_replaced, uv_toml
from layer_action.build.asking.uv_sources import workspace_of
from layer_action.build.files.places import is_address, relative
from layer_action.build.files.toml import array, table, tables
from layer_action.errors import Location

_FIRST: Final = "--index-url"
_MORE: Final = "--extra-index-url"
_NONE: Final = "--no-index"
_USUAL: Final = "pypi"
_HOST: Final = [_USUAL, "org"]  # labels
_Stated = tuple[str, str, str]


def project_indexes(folder: Path, root: Path) -> Iterator[IndexOption]:
    """Yield the indexes of a project, or of its workspace, as the lines that would name them.

    Those that serve only what names them (`explicit`) are left out: see `uv_sources`. `root` must be resolved.
    """
    for place in (folder, *workspace_of(folder, root)):
        pyproject, file = read_pyproject_of(place), place / "pyproject.toml"
        stated = [*([] if is_replaced(place) else _of_uv(table(pyproject, "tool", "uv"))), *_of_others(pyproject)]
        if stated:
            yield from _located(stated, file.read_text(encoding="utf-8").splitlines(), relative(root, file))


def uv_toml_indexes(found: UvToml) -> Iterator[IndexOption]:
    """Yield those of a uv.toml."""
    yield from _located(_of_uv(found.said), found.lines, found.path)


def _located(stated: Iterable[_Stated], lines: Sequence[str], file: str) -> Iterator[IndexOption]:
    for name, value, index in stated:
        text = value or name.removeprefix("--")
        number = next((number for number, line in enumerate(lines, start=1) if text in line), None)
        yield IndexOption(name=name, value=value, location=Location(file, number), index=index)


def named_indexes(folder: Path, root: Path) -> Iterator[tuple[str, str]]:
    """Yield names and addresses of all indexes of a project or its workspace, also of those that are `explicit`."""
    for place in (folder, *workspace_of(folder, root)):
        pyproject = read_pyproject_of(place)
        settings = read_toml_of(file) if (file := uv_toml(place, root)) else table(pyproject, "tool", "uv")
        for index in (*tables(settings.get("index")), *_sources(pyproject, "poetry"), *_sources(pyproject, "pdm")):
            name, url = index.get("name"), index.get("url")
            if isinstance(name, str) and isinstance(url, str) and is_address(url):
                yield name, url


def _of_uv(settings: Mapping[str, object]) -> Iterator[_Stated]:
    """Yield option, address and name of each index; "" for one without a name."""
    for index in filter(_counts, tables(settings.get("index"))):
        yield _option(index), str(index["url"]), str(index.get("name", ""))
    for said in (settings, table(settings, "pip")):  # what only `uv pip` heeds
        yield from _by_keys(said, ("index-url", "extra-index-url", "find-links"))
        if said.get("no-index") is True:
            yield _NONE, "", ""


def _of_others(pyproject: Mapping[str, object]) -> Iterator[_Stated]:
    for index in filter(_counts, _sources(pyproject, "poetry")):
        yield _option(index), str(index["url"]), str(index.get("name", ""))
    # with PDM and Rye the usual one goes by its name
    for index in filter(
        _counts, (*_sources(pyproject, "pdm"), *tables(table(pyproject, "tool", "rye").get("sources")))
    ):
        is_first = _has_usual_name(index) or index.get("name") == "default"
        yield _FIRST if is_first else _option(index), str(index["url"]), str(index.get("name", ""))
    pixi = table(pyproject, "tool", "pixi", "pypi-options")
    yield from _by_keys(pixi, ("index-url", "extra-index-urls", "find-links"))


def _by_keys(said: Mapping[str, object], keys: tuple[str, str, str]) -> Iterator[_Stated]:
    for key, option in zip(keys, (_FIRST, _MORE, FIND_LINKS), strict=True):
        value = said.get(key)
        for one in [value] if isinstance(value, str) else array(value):
            # pixi has a table for each
            place = next(iter(one.values()), None) if isinstance(one, dict) else one
            if isinstance(place, str):
                yield option, place, ""


def _sources(pyproject: Mapping[str, object], tool: str) -> Sequence[Mapping[str, object]]:
    return tables(table(pyproject, "tool", tool).get("source"))


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
