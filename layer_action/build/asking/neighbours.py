"""Other projects that a project needs by their path: how uv, Poetry, PDM and Hatch write it."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from layer_action.build.files.toml import array, table
from layer_action.build.wheels.pep508 import readable

# The folder of the project: PDM's variable, and Hatch's field, which may go up from there.
_TOP: Final = re.compile(
    r"(?:file:/*)?(?:\$\{PROJECT_ROOT\}|\{root(?P<up>(?::parent)*)(?::real)?(?::uri)?\})(?:/(?P<rest>.*))?"
)
_FILE: Final = "file:"


def neighbours(pyproject: Mapping[str, object], *, of_uv: bool = True) -> dict[str, str]:
    """Map the normalised names of projects to their places, relative to the project that needs them.

    `of_uv` counts [tool.uv.sources] whole; `uv_sources` tells what of them counts for some extras.
    """
    project = table(pyproject, "project")
    extras = table(project, "optional-dependencies")
    lines = [line for group in (project.get("dependencies"), *extras.values()) for line in array(group)]
    poetry = table(pyproject, "tool", "poetry", "dependencies")
    uvs = table(pyproject, "tool", "uv", "sources") if of_uv else {}
    found = [*_of_lines(lines), *_of_tables(poetry), *_of_tables(uvs)]
    return {canonicalize_name(name): place for name, place in found}


def needed(pyproject: Mapping[str, object], extras: Container[str]) -> frozenset[str] | None:
    """Return the normalised names of what a project needs with some of its extras; None where only a build tells."""
    project = table(pyproject, "project")
    if "dependencies" in array(project.get("dynamic")):
        return None
    lines = [*array(project.get("dependencies"))]
    for extra, more in table(project, "optional-dependencies").items():
        lines += array(more) if canonicalize_name(extra) in extras else ()
    return frozenset(filter(None, (_name(line) for line in lines)))


def placed(line: str) -> tuple[str, str]:
    """Return a requirement without its place in the repository, and that place; "" where it has none."""
    asked = readable(line)
    place = _place(asked.url or "") if asked else ""
    if asked is None or not place:
        return line, ""
    asked.url = None
    return str(asked), place


def _name(line: object) -> str:
    asked = readable(placed(str(line))[0])
    return canonicalize_name(asked.name) if asked else ""


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
