"""Other projects that a project needs by their path: how uv, Poetry, PDM and Hatch write it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

# The folder of the project: PDM's variable, and Hatch's field, which may go up from there.
_TOP: Final = re.compile(
    r"(?:file:/*)?(?:\$\{PROJECT_ROOT\}|\{root(?P<up>(?::parent)*)(?::real)?(?::uri)?\})(?:/(?P<rest>.*))?"
)
_FILE: Final = "file:"


def neighbours(pyproject: Mapping[str, object]) -> dict[str, str]:
    """Map the normalised names of projects to their places, relative to the project that needs them."""
    project = _table(pyproject, "project")
    extras = _table(project, "optional-dependencies")
    lines = [line for group in (project.get("dependencies"), *extras.values()) for line in _list(group)]
    poetry = _table(pyproject, "tool", "poetry", "dependencies")
    found = [*_of_lines(lines), *_of_tables(poetry), *_of_tables(_table(pyproject, "tool", "uv", "sources"))]
    return {canonicalize_name(name): place for name, place in found}


def workspace_names(pyproject: Mapping[str, object]) -> frozenset[str]:
    """Return the normalised names that a project takes from its uv workspace."""
    sources = _table(pyproject, "tool", "uv", "sources")
    return frozenset(canonicalize_name(name) for name in sources if _table(sources, name).get("workspace") is True)


def workspace_members(pyproject: Mapping[str, object], top: Path) -> Iterator[Path]:
    """Yield the folders that the uv workspace at `top` holds."""
    for pattern in _list(_table(pyproject, "tool", "uv", "workspace").get("members")):
        # of an empty pattern, or one that leads elsewhere, there are none
        with suppress(ValueError, NotImplementedError):
            yield from sorted(path for path in top.glob(str(pattern)) if path.is_dir())


def placed(line: str) -> tuple[str, str]:
    """Return a requirement without its place in the repository, and that place; "" where it has none."""
    try:
        asked = Requirement(line)
    except (InvalidRequirement, RecursionError):
        return line, ""
    place = _place(asked.url or "")
    if not place:
        return line, ""
    asked.url = None
    return str(asked), place


def _of_lines(lines: Iterable[object]) -> Iterator[tuple[str, str]]:
    for line in lines:
        asked, place = placed(line) if isinstance(line, str) else ("", "")
        if place:
            yield Requirement(asked).name, place


def _of_tables(sources: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, source in sources.items():
        # Poetry has a list where markers choose between several
        for one in source if isinstance(source, list) else [source]:
            if isinstance(one, dict) and isinstance(path := one.get("path"), str):
                yield name, path


def _place(url: str) -> str:
    """Return the path, relative to the project, that an URL stands for; "" for any other URL."""
    if match := _TOP.fullmatch(url):
        return "../" * (match["up"] or "").count(":") + unquote(match["rest"] or ".")
    path = url.removeprefix(_FILE)
    return unquote(path) if path != url and not path.startswith("/") else ""


def _table(table: object, *keys: str) -> Mapping[str, object]:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, Mapping) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
