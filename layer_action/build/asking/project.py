"""What a project of the repository says of itself without being run: name, version and dependencies, where static."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.neighbours import placed
from layer_action.build.files.toml import array, table
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.exhausted import exhausted

_LARGEST: Final = 4 << 20  # bytes
# of what matters for a lock, what a build may decide
STATED: Final = frozenset({"version", "dependencies", "optional-dependencies", "requires-python"})
_ABSOLUTE: Final = re.compile(r"@\s*file:")


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds a project that pip can build."""
    return any((folder / name).is_file() for name in ("pyproject.toml", "setup.py"))


def project_name(folder: Path) -> str:
    """Return a project's name, read without running anything; its folder's where no file states it."""
    return next(filter(None, _stated_names(folder)), folder.name)


def _stated_names(folder: Path) -> Iterator[str]:
    pyproject = read_pyproject_of(folder)
    for path in (("project",), ("tool", "poetry")):
        name = table(pyproject, *path).get("name")
        yield name if isinstance(name, str) else ""
    flit = table(pyproject, "tool", "flit", "metadata")  # before [project] there was none but this
    for key in ("dist-name", "module"):
        yield name if isinstance(name := flit.get(key), str) else ""
    yield _name_in_config(folder / "setup.cfg")
    yield _name_in_setup(folder / "setup.py")


def _name_in_config(path: Path) -> str:
    import configparser  # noqa: PLC0415 - few projects have a setup.cfg

    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(path, encoding="utf-8")
        return config.get("metadata", "name", fallback="")
    except (configparser.Error, UnicodeDecodeError):
        return ""


def _name_in_setup(path: Path) -> str:
    """Return the name in `setup(name="…")`, or of a text that is named there; "" where it takes more to know it."""
    import ast  # noqa: PLC0415 - few projects have nothing but a setup.py

    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    texts: dict[str, object] = {
        target.id: node.value.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in nodes if isinstance(node, ast.Call) and _called(node.func) == "setup"]
    for keyword in (keyword for call in calls for keyword in call.keywords if keyword.arg == "name"):
        said = keyword.value
        name = texts.get(said.id) if isinstance(said, ast.Name) else getattr(said, "value", None)
        if isinstance(name, str):
            return name
    return ""


def _called(function: object) -> object:
    return getattr(function, "attr", getattr(function, "id", None))


def static_metadata(folder: Path) -> Metadata | None:
    """Return the metadata of a project whose pyproject.toml (PEP 621) has all that matters; None if a build decides."""
    project = table(read_pyproject_of(folder), "project")
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or any(not isinstance(key, str) or key in STATED for key in dynamic):
        return None
    name, version = project.get("name"), project.get("version")
    if not isinstance(name, str) or not isinstance(version, str):
        return None
    extras = _extras(project.get("optional-dependencies"))
    python = project.get("requires-python", "")
    requires = (*_texts(project.get("dependencies")), *(line for lines in extras.values() for line in lines))
    if any(map(_ABSOLUTE.search, requires)):
        return None
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=requires,
        requires_python=python if isinstance(python, str) else "",
        extras=tuple(extras),
    )


def read_pyproject_of(folder: Path) -> Mapping[str, object]:
    """Return a project's pyproject.toml; an empty one where there is none that can be read.

    An sdist's is a stranger's: it may be a pipe, a link to a device, or gigabytes.
    """
    return read_toml_of(folder / "pyproject.toml")


def read_toml_of(path: Path) -> Mapping[str, object]:
    """Return what a TOML file says; nothing where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return {}
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        if exhausted(error):
            raise
        return {}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(placed(item)[0] for item in array(value) if isinstance(item, str))


def _extras(value: object) -> dict[str, tuple[str, ...]]:
    return {extra: tuple(with_extra(line, extra) for line in _texts(lines)) for extra, lines in table(value).items()}


def with_extra(line: str, extra: str) -> str:
    """Return a requirement that counts only where an extra is asked for."""
    requirement, _, marker = line.partition(";")
    condition = f'extra == "{canonicalize_name(extra)}"'
    return f"{requirement.strip()} ; " + (f"({marker.strip()}) and {condition}" if marker else condition)
