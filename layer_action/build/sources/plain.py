"""Whether the Python that builds a project can show in its wheel: not where its files alone say what goes in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.project import STATED, read_pyproject_of
from layer_action.build.files.toml import table
from layer_action.build.wheels.pep508 import readable

# what a backend is called, and the distributions that it is in; others may be plugins, which run code
_BACKENDS: Final = {
    "hatchling.build": {"hatchling"},
    "flit_core.buildapi": {"flit-core"},
    "poetry.core.masonry.api": {"poetry-core"},
    "pdm.backend": {"pdm-backend"},
    "uv_build": {"uv-build"},
    "setuptools.build_meta": {"setuptools", "wheel"},
}
_RUN_CODE: Final = (
    ("tool", "hatch", "build", "hooks"),
    ("tool", "hatch", "build", "targets", "wheel", "hooks"),
    ("tool", "hatch", "metadata", "hooks"),
    ("tool", "pdm", "build", "custom-hook"),
    ("tool", "pdm", "build", "run-setuptools"),
    ("tool", "pdm", "build", "is-purelib"),  # whose tag is that of the Python that builds
    ("tool", "poetry", "build"),
    ("tool", "setuptools", "cmdclass"),
    ("tool", "setuptools", "ext-modules"),
)
# hatch.toml and setup.cfg may name such code too
_MAY_RUN_CODE: Final = ("setup.py", "setup.cfg", "pdm_build.py", "hatch.toml")
_OF_TEXT: Final = {"path", "pattern"}


def is_plain(folder: Path) -> bool:
    """Tell whether a project in a folder runs no code of its own when it is built."""
    pyproject = read_pyproject_of(folder)
    system = table(pyproject, "build-system")
    backend = system.get("build-backend")
    known = _BACKENDS.get(backend) if isinstance(backend, str) else None
    if known is None or "backend-path" in system or not _names(system.get("requires")) <= known:
        return False
    if any(path[-1] in table(pyproject, *path[:-1]) for path in _RUN_CODE):
        return False
    return _states_all(pyproject) and not any((folder / name).exists() for name in _MAY_RUN_CODE)


def _states_all(pyproject: Mapping[str, object]) -> bool:
    """Tell whether name, version and needs are texts; poetry's own form has nothing else."""
    dynamic = table(pyproject, "project").get("dynamic", [])
    if not isinstance(dynamic, list) or "project" not in pyproject:
        return bool(table(pyproject, "tool", "poetry"))
    looked_up = STATED & {each for each in dynamic if isinstance(each, str)}
    in_a_text = table(pyproject, "tool", "hatch", "version").keys()
    return not looked_up or (looked_up == {"version"} and bool(in_a_text) and in_a_text <= _OF_TEXT)


def _names(requires: object) -> set[str]:
    """Return the names that a build needs; "" for what cannot be read."""
    if not isinstance(requires, list):
        return {""}
    asked = (readable(str(each)) for each in requires)
    return {canonicalize_name(each.name) if each else "" for each in asked}
