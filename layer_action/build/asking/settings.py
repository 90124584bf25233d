"""Settings of a repository's tools that count nowhere here; those of uv may stand in a uv.toml instead of [tool.uv]."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.build.asking.asked import Unheeded
from layer_action.build.asking.project import read_pyproject_of, read_toml_of
from layer_action.build.asking.uv_sources import workspace_of
from layer_action.build.files.places import relative
from layer_action.build.files.toml import table
from layer_action.errors import Location

UV: Final = "tool.uv"
UV_TOML: Final = "uv.toml"
REPLACED: Final = f"{UV} beside a {UV_TOML}"
LOCK: Final = "lock"
PIXI: Final = "tool.pixi"
PDM: Final = "tool.pdm.resolution"
_LOCKS: Final = ("uv.lock", "pylock.toml")
_OF_VERSIONS: Final = (
    "exclude-newer",
    "exclude-newer-package",
    "resolution",
    "no-binary",
    "no-binary-package",
    "dependency-metadata",
)
_OF_BUILDS: Final = (
    "build-constraint-dependencies",
    "extra-build-dependencies",
    "extra-build-variables",
    "no-build-isolation",
    "no-build-isolation-package",
    "config-settings",
    "config-settings-package",
)
# what uv, PDM and pixi would heed, and we do not
_UNHEEDED: Final = {UV: (*_OF_VERSIONS, *_OF_BUILDS), PDM: ("overrides", "excludes"), PIXI: ("pypi-dependencies",)}
# what counts of a [tool.uv], and only `uv pip compile` heeds of a uv.toml
_OF_PIP_COMPILE: Final = ("constraint-dependencies", "override-dependencies", "exclude-dependencies")
_INDEXES: Final = ("index", "index-url", "extra-index-url", "find-links", "no-index")
_AS_EVER: Final[tuple[object, ...]] = (None, False, [], {}, "highest")


def unheeded_of(pyproject: Mapping[str, object], lines: Sequence[str], file: str) -> Iterator[Unheeded]:
    """Yield the settings of a pyproject.toml that would lead to other versions or builds, and count nowhere here."""
    for name, keys in _UNHEEDED.items():
        yield from _unheeded(table(pyproject, *name.split(".")), keys, name, lines, file)


def uv_toml(folder: Path, root: Path) -> Path | None:
    """Return the uv.toml that uv would heed for files in a folder: the nearest, unless a [tool.uv] is nearer.

    For a member of a workspace uv begins at the root of that. `root` must be resolved.
    """
    top = next(workspace_of(folder, root), folder)
    for place in (top, *top.parents):
        if not place.is_relative_to(root):
            return None
        if (file := place / UV_TOML).is_file():
            return file
        if "uv" in table(read_pyproject_of(place), "tool"):
            return None
    return None


def is_replaced(folder: Path) -> bool:
    """Tell whether a uv.toml stands beside a pyproject.toml: then what [tool.uv] says of indexes counts no more."""
    return (folder / UV_TOML).is_file()


def unheeded_of_uv_toml(file: Path, root: Path) -> Iterator[Unheeded]:
    """Yield the settings of a uv.toml that count nowhere here, and those of the [tool.uv] that it replaces."""
    yield from _unheeded(
        read_toml_of(file), (*_UNHEEDED[UV], *_OF_PIP_COMPILE), UV_TOML, _lines(file), relative(root, file)
    )
    beside = file.with_name("pyproject.toml")
    replaced = table(read_pyproject_of(file.parent), *UV.split("."))
    if replaced:
        yield from _unheeded(replaced, _INDEXES, REPLACED, _lines(beside), relative(root, beside))


def locks_of(folder: Path, root: Path) -> Iterator[Unheeded]:
    """Yield the locks of a project or its workspace, which count only where a layer names them."""
    for place in (folder, *workspace_of(folder, root)):
        for file in (place / name for name in _LOCKS if (place / name).is_file()):
            path = relative(root, file)
            yield Unheeded(key=path, table=LOCK, location=Location(path))


def _unheeded(
    found: Mapping[str, object], keys: Sequence[str], name: str, lines: Sequence[str], file: str
) -> Iterator[Unheeded]:
    for key in keys:
        if found.get(key) not in _AS_EVER:
            number = next((number for number, line in enumerate(lines, start=1) if key in line), None)
            yield Unheeded(key=key, table=name, of_builds=key in _OF_BUILDS, location=Location(file, number))


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
