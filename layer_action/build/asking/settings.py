"""Settings of a repository's tools that count nowhere here; those of uv may stand in a uv.toml instead of [tool.uv]."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.build.asking.asked import Unheeded
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.asking.uv_sources import workspace_of
from layer_action.build.files.places import path_below, relative
from layer_action.build.files.toml import read_toml, table
from layer_action.errors import Location
from layer_action.record import record

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
OF_PIP_COMPILE: Final = ("constraint-dependencies", "override-dependencies", "exclude-dependencies")
_INDEXES: Final = ("index", "index-url", "extra-index-url", "find-links", "no-index")
_AS_EVER: Final[tuple[object, ...]] = (None, False, [], {}, "highest")


@record
class UvToml:
    """What a uv.toml says; its path is relative to the root."""

    path: str
    lines: list[str]
    said: Mapping[str, object]


def unheeded_of(
    pyproject: Mapping[str, object], lines: Sequence[str], file: str, *, of_uv: bool = True
) -> Iterator[Unheeded]:
    """Yield the settings of a pyproject.toml that would lead to other versions or builds, and count nowhere here.

    `of_uv` is False for a member of a workspace: uv heeds them at the root of that alone.
    """
    for name, keys in _UNHEEDED.items():
        if of_uv or name != UV:
            yield from _unheeded(table(pyproject, *name.split(".")), keys, name, lines, file)


def uv_toml(folder: Path, root: Path) -> Path | None:
    """Return the uv.toml that uv would heed for files in a folder: the nearest, unless a [tool.uv] is nearer.

    For a member of a workspace uv begins at the root of that. `root` must be resolved.
    """
    above = [place for place in (folder, *folder.parents) if place.is_relative_to(root)]
    if not any(map(is_replaced, above)):
        return None  # as most are, and no pyproject.toml need be read to know
    top = next(workspace_of(folder, root), folder)
    for place in above[above.index(top) :]:
        if is_replaced(place):
            return place / UV_TOML
        if "uv" in table(read_pyproject_of(place), "tool"):
            return None
    return None


def is_replaced(folder: Path) -> bool:
    """Tell whether a uv.toml stands beside a pyproject.toml: then what [tool.uv] says of indexes counts no more."""
    return (folder / UV_TOML).is_file()


def read_uv_toml(file: Path, root: Path) -> UvToml:
    """Read a uv.toml. Raises ConfigError: what it names as an index is not to be passed over."""
    path = relative(root, file)
    text = text_of(path_below(root, file.parent, file.name, Location(path)), root)
    return UvToml(path=path, lines=text.splitlines(), said=read_toml(text, path, "Correct it at that place."))


def unheeded_of_uv_toml(found: UvToml, root: Path) -> Iterator[Unheeded]:
    """Yield the settings of a uv.toml that count nowhere here, and those of the [tool.uv] that it replaces."""
    yield from _unheeded(found.said, (*_UNHEEDED[UV], *OF_PIP_COMPILE), UV_TOML, found.lines, found.path)
    beside = (root / found.path).with_name("pyproject.toml")
    if replaced := table(read_pyproject_of(beside.parent), *UV.split(".")):
        lines = beside.read_text(encoding="utf-8").splitlines()
        yield from _unheeded(replaced, _INDEXES, REPLACED, lines, relative(root, beside))


def unheeded_beside(lock: Path, root: Path) -> Iterator[Unheeded]:
    """Yield the settings for builds of the project that a uv.lock is of: its versions are what the others led to."""
    beside = lock.with_name("pyproject.toml")
    if pyproject := read_pyproject_of(lock.parent):
        lines = beside.read_text(encoding="utf-8").splitlines()
        yield from (each for each in unheeded_of(pyproject, lines, relative(root, beside)) if each.of_builds)


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
