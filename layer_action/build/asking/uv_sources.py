"""Where uv takes what a project needs from: its own [tool.uv.sources], and those of the workspace that it is in."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from packaging.markers import InvalidMarker, Marker, UndefinedComparison
from packaging.utils import canonicalize_name

from layer_action.build.asking.project import project_name, read_pyproject_of
from layer_action.build.files.places import relative
from layer_action.build.files.toml import array, table
from layer_action.errors import ConfigError, Location
from layer_action.model.target import RUNTIMES, Architecture, Target
from layer_action.record import record

_TARGETS: Final = [Target(runtime=runtime, architecture=each) for runtime in RUNTIMES for each in Architecture]
_TABLE: Final = "tool.uv.sources"
_REVISIONS: Final = ("rev", "tag", "branch")


@record
class UvSource:
    """What a table of one pyproject.toml, in `folder`, says of the dependency that it calls `written`."""

    folder: Path
    written: str
    said: Mapping[str, object]
    table: str = _TABLE

    @property
    def of_workspace(self) -> bool:
        """Whether a member of the workspace is meant."""
        return self.said.get("workspace") is True

    def project(self, root: Path) -> Path | None:
        """Return the project of the repository that is meant; None for other kinds, and a member that is none."""
        if isinstance(path := self.said.get("path"), str):
            return self.folder / path
        if self.of_workspace:
            name = canonicalize_name(self.written)
            members = [place for top in _upwards(self.folder, root) for place in _members(top)]
            members.sort(key=lambda place: canonicalize_name(place.name) != name)  # most folders are called so
            return next((place for place in members if canonicalize_name(project_name(place)) == name), None)
        return None

    @property
    def url(self) -> str:
        """The address after the `@` of a requirement that means the same; "" where none does."""
        git, url = self.said.get("git"), self.said.get("url")
        subdirectory = self.said.get("subdirectory")
        part = f"#subdirectory={subdirectory}" if isinstance(subdirectory, str) else ""
        if isinstance(git, str):
            revision = next((str(self.said[key]) for key in _REVISIONS if key in self.said), "")
            return f"git+{git.removeprefix('git+')}{f'@{revision}' if revision else ''}{part}"
        return f"{url}{part}" if isinstance(url, str) else ""

    def location(self, root: Path) -> Location:
        """Return the line that says so."""
        file = self.folder / "pyproject.toml"
        name = re.compile(rf"""\s*(?:\[tool\.uv\.sources\.)?["']?{re.escape(self.written)}["']?\s*[]=]""")
        lines = enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        return Location(relative(root, file), next((number for number, line in lines if name.match(line)), None))


def uv_sources(folder: Path, root: Path, chosen: Iterable[str]) -> dict[str, UvSource]:
    """Map normalised names to what is said of them, by the project in a folder or else by its workspace.

    What counts on no target is left out, and what counts for an extra or a group that is not `chosen`. `root` must be
    resolved.
    """
    found: dict[str, UvSource] = {}
    names = frozenset(map(canonicalize_name, chosen))
    for place in (folder, *workspace_of(folder, root)):
        for written, said in table(read_pyproject_of(place), "tool", "uv", "sources").items():
            one = next((each for each in alternatives(said) if _counts(each, names)), None)
            if one is not None:
                found.setdefault(canonicalize_name(written), UvSource(folder=place, written=written, said=one))
    return found


def no_member(name: str, project: str, location: Location) -> ConfigError:
    """Return that a workspace has no such member: an index must not be asked for it."""
    return ConfigError(
        f"{name}, which {project} takes from its workspace, is no member of one.",
        location=location,
        hint="Add its folder to `members` in [tool.uv.workspace], or name its `path` in [tool.uv.sources].",
    )


def not_read(name: str, source: UvSource, location: Location) -> ConfigError:
    """Return that a source is of a kind that is not followed: an index must not be asked in its place."""
    line = f"`{name} @ {source.url or 'URL'}`"
    lock = "Run `uv lock`, and name uv.lock"
    if source.table != _TABLE:
        lock = "Name what `poetry export -f requirements.txt` writes"
    return ConfigError(
        f"The source of {name} in [{source.table}] is of a kind that is not read without a lock.",
        location=location,
        hint=f"{lock} as the layer's requirements; or ask for {line} in them.",
    )


def is_workspace(pyproject: Mapping[str, object]) -> bool:
    """Tell whether a pyproject.toml is the root of a uv workspace."""
    return "workspace" in table(pyproject, "tool", "uv")


def workspace_of(folder: Path, root: Path) -> Iterator[Path]:
    """Yield the root of the workspace that a project is a member of, if it is of any."""
    for top in _upwards(folder, root):
        if top != folder and folder in _members(top):
            yield top
            return


def _upwards(folder: Path, root: Path) -> list[Path]:
    return [each for each in (folder, *folder.parents) if each.is_relative_to(root)]


def _members(top: Path) -> Iterator[Path]:
    """Yield the folders of a uv workspace, its root first; none where there is none."""
    pyproject = read_pyproject_of(top)
    if is_workspace(pyproject):
        yield top
    workspace = table(pyproject, "tool", "uv", "workspace")
    left_out = {path for pattern in array(workspace.get("exclude")) for path in _folders(top, pattern)}
    for pattern in array(workspace.get("members")):
        yield from (path for path in _folders(top, pattern) if path not in left_out)


def _folders(top: Path, pattern: object) -> list[Path]:
    try:
        return sorted(path for path in top.glob(str(pattern)) if path.is_dir())
    except (ValueError, NotImplementedError, IndexError):  # an empty pattern, or one that leads elsewhere
        return []


def alternatives(said: object) -> list[Mapping[str, object]]:
    """Return what is said as tables; what is none is an empty one, which no kind of source is."""
    return [each if isinstance(each, dict) else {} for each in (said if isinstance(said, list) else [said])]


def _counts(said: Mapping[str, object], chosen: Container[str]) -> bool:
    if any(key in said and canonicalize_name(str(said[key])) not in chosen for key in ("extra", "group")):
        return False
    try:
        marker = Marker(str(said.get("marker") or "python_version > '3'"))
        return any(marker.evaluate(target.marker_environment) for target in _TARGETS)
    except (InvalidMarker, UndefinedComparison):
        return True  # for uv to say
