"""What a source needs at an address of its own, such as `common @ git+https://…`: followed as a line would be."""

from collections.abc import Container, Iterator
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import Asked
from layer_action.build.resolving.closure import Graph
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.pep508 import readable
from layer_action.errors import ConfigError
from layer_action.formats.pylock import without_credentials
from layer_action.model.target import Target

_FOLLOWED: Final = ("git+", "https://", "http://")


def needed_at_addresses(parent: Asked, metadata: Metadata, target: Target) -> Iterator[Asked]:
    """Yield the sources that a project needs on a target by their address, as asked for in the line that wants it."""
    graph = Graph(target=target, metadata={parent.name: metadata})
    for extra in ("", *sorted(parent.extras)):
        for need in graph.needs(parent.name, extra):
            asked = Asked(requirement=need, location=parent.location)
            if asked.is_source and (need.url or "").startswith(_FOLLOWED):
                yield asked


def check_same(need: Asked, parent: Asked, other: Asked) -> None:
    """Hold an address that a project needs to what else is asked for by that name. Raises ConfigError."""
    if _place(need) != _place(other):
        raise ConfigError(
            f"{parent.path or parent.name} needs {need.name} at {_place(need)}, and {other.location} asks for it at "
            f"{_place(other)}.",
            location=parent.location,
            hint="Let both name one place.",
        )


def without_addresses(metadata: Metadata, known: Container[str], gone: Container[str]) -> tuple[str, ...]:
    """Return what a project needs, by name alone what is `known`, and without what is `gone`: uv would go there."""
    return tuple(told for line in metadata.requires if (told := _told(line, known, gone)))


def _told(line: str, known: Container[str], gone: Container[str]) -> str:
    need = readable(line)
    if need is None or not need.url:
        return line
    name = canonicalize_name(need.name)
    if name in known:
        need.url = None
        return str(need)
    return "" if name in gone else line


def _place(asked: Asked) -> str:
    """Return where something lies, logins and what says nothing of that aside."""
    url, _, fragment = without_credentials(asked.requirement.url or "").partition("#")
    inside = [part for part in fragment.split("&") if part.startswith("subdirectory=")]
    return asked.path or "#".join([url, *inside])
