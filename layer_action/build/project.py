"""What a project of the repository says of itself without being run: name, version and dependencies, where static."""

import configparser
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from layer_action.record import record


@record
class Metadata:
    """Core metadata that resolving needs. `requires` are PEP 508 texts, with `extra ==` markers for extras."""

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""
    extras: tuple[str, ...] = ()


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds a project that pip can build."""
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py"))


def project_name(folder: Path) -> str:
    """Return a project's name, static in practice always; else its folder's."""
    table = _project_table(folder)
    if isinstance(name := table.get("name"), str):
        return name
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(folder / "setup.cfg", encoding="utf-8")
        return config.get("metadata", "name", fallback=folder.name)
    except (configparser.Error, UnicodeDecodeError):
        return folder.name


def static_metadata(folder: Path) -> Metadata | None:
    """Return the metadata of a project whose pyproject.toml (PEP 621) has all that matters; None if a build decides."""
    table = _project_table(folder)
    dynamic = table.get("dynamic", [])
    needed = {"version", "dependencies", "optional-dependencies", "requires-python"}
    if not isinstance(dynamic, Sequence) or needed & set(dynamic):
        return None
    name, version = table.get("name"), table.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    extras = _extras(table.get("optional-dependencies"))
    python = table.get("requires-python", "")
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=(*_texts(table.get("dependencies")), *(line for lines in extras.values() for line in lines)),
        requires_python=python if isinstance(python, str) else "",
        extras=tuple(extras),
    )


def _project_table(folder: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    table = document.get("project")
    return table if isinstance(table, dict) else {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _extras(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        return {}
    return {
        str(extra): tuple(_with_extra(line, str(extra)) for line in _texts(lines)) for extra, lines in value.items()
    }


def _with_extra(line: str, extra: str) -> str:
    requirement, _, marker = line.partition(";")
    condition = f'extra == "{canonicalize_name(extra)}"'
    return f"{requirement.strip()} ; " + (f"({marker.strip()}) and {condition}" if marker else condition)
