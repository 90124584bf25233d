"""Dependencies of a pyproject.toml: `[project]`, the chosen extras, and the chosen dependency groups (PEP 735)."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import Asked, RequiresPython, Unheeded
from layer_action.build.asking.elsewhere import kept_elsewhere
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.neighbours import neighbours, placed
from layer_action.build.asking.poetry_sources import poetry_sources
from layer_action.build.asking.requires_python import stated_in
from layer_action.build.asking.settings import unheeded_of
from layer_action.build.asking.statement import read_statement
from layer_action.build.asking.uv_sources import UvSource, is_workspace, no_member, not_read, uv_sources, workspace_of
from layer_action.build.files.places import path_below, relative
from layer_action.build.files.toml import array, read_toml, table
from layer_action.errors import ConfigError, LayerActionError, Location
from layer_action.model.layer import LayerSpec
from layer_action.record import record, replace


@record
class ProjectAsks:
    """What a project depends on, what its [tool.uv] says of versions, its Pythons, and what of it cannot be read.

    `name` is its own, normalised; "" where it has none.
    """

    requirements: list[Asked]
    constraints: list[Asked]
    overrides: list[Asked]
    excludes: list[str]
    requires_python: list[RequiresPython]
    prereleases: bool
    unheeded: list[Unheeded]
    name: str
    problems: list[LayerActionError]


def read_pyproject(text: str, file: str, root: Path, spec: LayerSpec) -> ProjectAsks:
    """Return what a project asks for; it is not part of the layer itself. Raises ConfigError for what is not TOML."""
    return _Project(text, file, root, spec).read()


class _Project:
    def __init__(self, text: str, file: str, root: Path, spec: LayerSpec) -> None:
        self._document = read_toml(text, file, "Correct it at that place.")
        self._text = text.splitlines()
        self._file = file
        self._root = root
        self._spec = spec
        self._problems: list[LayerActionError] = []
        self._project = table(self._document, "project")
        self._name = canonicalize_name(str(self._project.get("name", "")))
        self._extras = self._by_name(table(self._project, "optional-dependencies"), "extras", spec.extras)
        self._groups = self._by_name(table(self._document, "dependency-groups"), "dependency groups", spec.groups)
        self._neighbours = neighbours(self._document, of_uv=False)
        self._sources = uv_sources((root / file).parent, root, [*spec.extras, *spec.groups])
        self._poetry = poetry_sources(self._document, (root / file).parent)

    def read(self) -> ProjectAsks:
        """Return dependencies, then those of extras, then those of groups; and all problems."""
        self._check_place()
        found = list(self._asked(self._project.get("dependencies", []), "dependencies"))
        for extra in self._spec.extras:
            found.extend(self._extra(canonicalize_name(extra), ()))
        for group in self._spec.groups:
            found.extend(self._group(canonicalize_name(group), ()))
        root = self._root_project()
        return ProjectAsks(
            requirements=found,
            constraints=list(root.statements("constraint-dependencies")),
            overrides=list(root.statements("override-dependencies")),
            excludes=[one.name for one in root.statements("exclude-dependencies")],
            requires_python=self._requires_python(),
            prereleases=root.uv.get("prerelease") == "allow",
            unheeded=[*root.unheeded(), *(self.unheeded(of_uv=False) if root is not self else ())],
            name=self._name,
            problems=self._problems,
        )

    def _requires_python(self) -> list[RequiresPython]:
        try:
            return stated_in(self._project.get("requires-python"), "\n".join(self._text), self._file)
        except ConfigError as problem:
            self._problems.append(problem)
            return []

    def _root_project(self) -> "_Project":
        """Return the root of the workspace that the project is a member of; itself where it is of none."""
        top = next(workspace_of((self._root / self._file).parent, self._root), None)
        if top is None:
            return self
        path = top / "pyproject.toml"
        project = _Project(text_of(path, self._root), relative(self._root, path), self._root, self._spec)
        project._problems = self._problems
        return project

    @property
    def uv(self) -> Mapping[str, object]:
        """What [tool.uv] says."""
        return table(self._document, "tool", "uv")

    def statements(self, key: str) -> Iterator[Asked]:
        """Yield what a key of [tool.uv] says of versions."""
        return self._statements(self.uv.get(key, []), key)

    def unheeded(self, *, of_uv: bool = True) -> Iterator[Unheeded]:
        """Yield the settings that count nowhere here."""
        return unheeded_of(self._document, self._text, self._file, of_uv=of_uv)

    def _check_place(self) -> None:
        """Refuse a project whose dependencies stand where they are not read: a layer without them would be wrong."""
        if place := kept_elsewhere(self._document):
            what = f"{self._file} keeps its dependencies in [{place.table}], which is not read."
            self._problem(what, place.line, place.way)
        elif is_workspace(self._document) and not self._project and not self._spec.groups:
            groups = f" Or choose of its groups: `groups: [{', '.join(self._groups)}]`." if self._groups else ""
            self._problem(
                f"{self._file} is the root of a workspace and no project itself: it asks for nothing.",
                "[tool.uv.workspace]",
                f"Name the pyproject.toml of a member instead, or uv.lock for all members.{groups}",
            )
        elif "dependencies" in array(self._project.get("dynamic")):
            self._problem(
                f"The dependencies of {self._file} are dynamic: they stand somewhere else.",
                "dynamic",
                "Name the file that holds them, often requirements.txt, as the layer's requirements.",
            )
        elif not self._project and self._is_alone() and (beside := self._beside()):
            self._problem(
                f"{self._file} has no [project]: its dependencies stand in {beside}, which is not read.",
                "[build-system]",
                "Write them as `dependencies` of [project], or into a requirements.txt that the layer names.",
            )
        elif not self._project.get("dependencies") and self._is_alone():
            self._choose("groups", self._groups, "[dependency-groups]")
            self._choose("extras", self._extras, "[project.optional-dependencies]")

    def _beside(self) -> str:
        folder = (self._root / self._file).parent
        found = [name for name in ("setup.cfg", "setup.py") if (folder / name).is_file()]
        # what other tools keep in setup.cfg is none of this
        told = [name for name in found if b"install_requires" in (folder / name).read_bytes()]
        return (*told, *found, "")[0]

    def _is_alone(self) -> bool:
        """Tell whether the layer is to have what this project asks for by itself, and nothing else."""
        chosen = [*self._spec.groups, *self._spec.extras, *self._spec.include]
        return not chosen and len(self._spec.requirements) == 1

    def _choose(self, key: str, known: Mapping[str, object], table: str) -> None:
        if known:
            self._problem(
                f"{self._file} asks for nothing by itself.", table, f"Choose: `{key}: [{', '.join(sorted(known))}]`."
            )

    def _extra(self, name: str, above: tuple[str, ...]) -> Iterator[Asked]:
        if name in above:
            return
        if name not in self._extras:
            self._unknown("extra", name, self._extras, "extras")
            return
        yield from self._asked(self._extras[name], name, (*above, name))

    def _asked(self, values: object, key: str, above: tuple[str, ...] = ()) -> Iterator[Asked]:
        """Yield requirements; in the place of `project[one,two]` inside the project stands what its extras ask for."""
        for asked in self._statements(values, key):
            if asked.name != self._name or asked.path or asked.requirement.url:
                yield asked
                continue
            for extra in sorted(asked.extras):
                yield from (_under(asked.requirement.marker, one) for one in self._extra(extra, above))

    def _group(self, name: str, above: tuple[str, ...]) -> Iterator[Asked]:
        if name in above:
            circle = " → ".join([*above, name])
            self._problem(
                f"Dependency groups include one another: {circle}.", name, "Remove one of these `include-group`."
            )
            return
        if name not in self._groups:
            self._unknown("dependency group", name, self._groups, "groups")
            return
        for member in array(self._groups[name]):
            if isinstance(member, dict) and isinstance(other := member.get("include-group"), str):
                yield from self._group(canonicalize_name(other), (*above, name))
            else:
                yield from self._asked([member], name)

    def _statements(self, values: object, key: str) -> Iterator[Asked]:
        if not isinstance(values, list):
            self._problem(f"`{key}` is not a list of requirements.", key, 'Write it as `["name>=1.2"]`.')
            return
        for value in values:
            if not isinstance(value, str):
                self._problem(
                    f"`{key}` holds something that is not a requirement.", key, "Write each as a text: `name>=1.2`."
                )
                continue
            try:
                yield self._statement(value)
            except LayerActionError as problem:
                self._problems.append(problem)

    def _statement(self, text: str) -> Asked:
        here = self.location(text)
        folder = (self._root / self._file).parent
        text, place = placed(text)
        asked = read_statement(text, root=self._root, folder=folder, here=here)
        if place := place or self._neighbours.get(asked.name, ""):
            there = read_statement(f"{asked.name} @ file:{place}", root=self._root, folder=folder, here=here)
            return Asked(requirement=asked.requirement, location=here, path=there.path)
        source = self._sources.get(asked.name, self._poetry.get(asked.name))
        return self._from(source, asked) if source and not asked.requirement.url else asked

    def _from(self, source: UvSource, asked: Asked) -> Asked:
        """Return a requirement with the place that uv would take it from. Raises ConfigError where that is not read."""
        if project := source.project(self._root):
            here = source.location(self._root)
            path = relative(self._root, path_below(self._root, self._root, str(project), here))
            there = read_statement(f"{asked.name} @ file:{quote(path)}", root=self._root, folder=self._root, here=here)
            return replace(asked, path=there.path)
        if source.of_workspace:
            raise no_member(asked.name, self._file, asked.location)
        if not source.url:
            raise not_read(asked.name, source, asked.location)
        written = asked.requirement
        extras = f"[{','.join(sorted(written.extras))}]" if written.extras else ""
        marker = f" ; {written.marker}" if written.marker else ""
        text = f"{asked.name}{extras} @ {source.url}{marker}"
        return read_statement(text, root=self._root, folder=source.folder, here=asked.location)

    def _by_name(self, table: Mapping[str, object], kind: str, chosen: Sequence[str]) -> dict[str, object]:
        """Return what a table holds by normalised names. Of two that are one, nobody can say which is chosen."""
        found: dict[str, object] = {}
        spelled: dict[str, str] = {}
        for key, value in table.items():
            name = canonicalize_name(key)
            if chosen and name in spelled:
                what = f"The {kind} {spelled[name]} and {key} are one name."
                self._problem(what, key, "Rename one of them, or write one list.")
            found[name], spelled[name] = value, key
        return found

    def location(self, text: str) -> Location:
        """Return the first line with a text, in quotes where there is such a line."""
        for quoted in (f'"{text}"', f"'{text}'", text):
            for number, line in enumerate(self._text, start=1):
                if quoted in line:
                    return Location(self._file, number)
        return Location(self._file)

    def _unknown(self, kind: str, name: str, known: Mapping[str, object], key: str) -> None:
        has = f"It has {', '.join(sorted(known))}." if known else "It has none."
        self._problems.append(
            ConfigError(
                f"{self._file} has no {kind} {name}. {has}",
                location=self._spec.location(key),
                hint=f"Change `{key}` of the layer, or add it to {self._file}.",
            )
        )

    def _problem(self, message: str, text: str, hint: str) -> None:
        self._problems.append(ConfigError(message, location=self.location(text), hint=hint))


def _under(marker: Marker | None, asked: Asked) -> Asked:
    """Return a requirement that holds only where a marker does too."""
    if marker is None:
        return asked
    requirement = Requirement(str(asked.requirement))
    requirement.marker = requirement.marker & marker if requirement.marker else marker
    return replace(asked, requirement=requirement)
