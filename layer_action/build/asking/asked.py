"""What a layer asks for, before anything is resolved."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from layer_action.build.asking.filling import filled_url
from layer_action.build.asking.index_option import IndexOption
from layer_action.build.asking.lock_text import UV_LOCK
from layer_action.errors import LayerActionError, Location
from layer_action.formats.pylock import without_credentials
from layer_action.model.target import Target
from layer_action.record import field, record, replace

STRONG: Final = re.compile(r"sha(?:256|384|512):[0-9a-f]+")  # hashes that pip takes
_PINS: Final = ("==", "===")
_BELOW: Final = ("<", "<=")


@record
class Asked:
    """One requirement or constraint, and the line that states it.

    `path` is set for what lies in the repository (a project's folder, a wheel or an sdist), relative to its root.
    `hashes` are those that the line demands, such as `sha256:…`.
    """

    requirement: Requirement
    location: Location
    path: str = ""
    hashes: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The normalised name."""
        return canonicalize_name(self.requirement.name)

    @property
    def extras(self) -> frozenset[str]:
        """The normalised extras."""
        return frozenset(canonicalize_name(extra) for extra in self.requirement.extras)

    @property
    def place(self) -> str:
        """Where it is by its own word: a path below the repository or that of an URL, "" where an index has it."""
        return unquote(self.path or urlsplit(self.requirement.url or "").path)

    @property
    def is_source(self) -> bool:
        """Whether it names what must be built: a project, an archive or a repository."""
        return bool(self.place) and not self.place.endswith(".whl")

    @property
    def decides(self) -> int:
        """How much it says of the version: 2 for one and no other, 1 for some, 0 for any."""
        if self.path or self.requirement.url or any(each.operator in _PINS for each in self.requirement.specifier):
            return 2
        return 1 if self.requirement.specifier else 0

    @property
    def ceiling(self) -> Version | None:
        """The version below which it holds all others; None where it says nothing of that kind."""
        return min(
            (Version(each.version) for each in self.requirement.specifier if each.operator in _BELOW), default=None
        )

    def applies_to(self, target: Target) -> bool:
        """Tell whether its marker holds on the target."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(target.marker_environment)

    def canonical(self) -> str:
        """Return what it asks for in one spelling: spaces, comments, order, letter case and logins are gone."""
        asked = self.requirement
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        place = self.path or without_credentials(asked.url or "")
        at = f" @ {place}" if place else ""
        marker = f" ; {asked.marker}" if asked.marker else ""
        hashes = "".join(f" --hash={value}" for value in sorted(self.hashes))
        return f"{self.name}{extras}{asked.specifier}{at}{marker}{hashes}"


@record
class RequiresPython:
    """The Pythons that a project says it is for, such as `>=3.11`, and the line that says so.

    `by` is its pyproject.toml, or its path.
    """

    by: str
    pythons: str
    location: Location


@record
class LockFile:
    """A lock of the repository, its path relative to the root."""

    path: str
    location: Location | None

    @property
    def is_of_uv(self) -> bool:
        """Whether it is a uv.lock, and not one of PEP 751."""
        return PurePosixPath(self.path).name == UV_LOCK

    @property
    def project(self) -> str:
        """The path of the pyproject.toml beside it."""
        return str(PurePosixPath(self.path).with_name("pyproject.toml"))


@record
class Unheeded:
    """A setting of a project, in a table such as `tool.uv`, that would lead to other versions, or `of_builds`."""

    key: str
    table: str
    location: Location
    of_builds: bool = False


@record(frozen=False)
class Asking:
    """Everything that the requirement files of a layer ask for; filled by the readers.

    `overrides` decide the versions of their names, whatever others ask for; `excludes` are not taken. `hashed_at` is
    the first line with a hash, `hashes_required_at` one that demands them of all, `hashes_optional_at` one that demands
    them of none. `unheeded` are settings of projects that count nowhere here. `projects` are those whose dependencies
    are asked for: their pyproject.toml, by name.
    """

    requirements: list[Asked] = field(default_factory=list)
    constraints: list[Asked] = field(default_factory=list)
    overrides: list[Asked] = field(default_factory=list)
    excludes: list[str] = field(default_factory=list)
    index_options: list[IndexOption] = field(default_factory=list)
    locks: list[LockFile] = field(default_factory=list)
    requires_python: list[RequiresPython] = field(default_factory=list)
    unheeded: list[Unheeded] = field(default_factory=list)
    projects: dict[str, str] = field(default_factory=dict)
    prereleases: bool = False
    hashed_at: Location | None = None
    hashes_required_at: Location | None = None
    hashes_optional_at: Location | None = None

    def expanded(self, env: Mapping[str, str], root: Path) -> "Asking":
        """Return the same with `${NAME}` in URLs and index options replaced from the environment, as pip does.

        Indexes get the logins of their names, as with uv; folders of wheels become places on this machine. Raises
        ConfigError for what is no URL then.
        """
        return replace(
            self,
            requirements=[_expanded(asked, env) for asked in self.requirements],
            constraints=[_expanded(asked, env) for asked in self.constraints],
            overrides=[_expanded(asked, env) for asked in self.overrides],
            index_options=[option.expanded(env, root) for option in self.index_options],
        )

    def all_lines(self) -> list[Asked]:
        """Return all that says something of versions."""
        return [*self.requirements, *self.constraints, *self.overrides]

    def folders_of_wheels(self) -> list[str]:
        """Return the folders of the repository in which wheels are looked for, relative to its root."""
        return [option.value for option in self.index_options if option.is_folder]

    def lines(self) -> dict[str, Location]:
        """Map each direct name to the first line that asks for it."""
        found: dict[str, Location] = {}
        for asked in self.requirements:
            found.setdefault(asked.name, asked.location)
        return found

    def on(self, target: Target) -> "Asking":
        """Return what of it counts on a target; all requirements where none does, which is to be told."""
        found = self._where(lambda one: one.applies_to(target))
        return found if found.requirements else replace(found, requirements=self.requirements)

    def without(self, problems: Iterable[LayerActionError]) -> "Asking":
        """Return the same without the requirements at fault; those by URL stay: their names are no index's."""
        at_fault = list(problems)
        lines = {problem.location for problem in at_fault}
        names = {problem.distribution for problem in at_fault}
        return replace(
            self,
            requirements=[
                one
                for one in self.requirements
                if one.requirement.url or (one.location not in lines and one.name not in names)
            ],
        )

    def without_names(self, names: Container[str]) -> "Asking":
        """Return the same without all that is said of some names."""
        return self._where(lambda one: one.name not in names)

    def _where(self, counts: Callable[[Asked], bool]) -> "Asking":
        """Return the same with those lines alone that count."""
        return replace(
            self,
            requirements=list(filter(counts, self.requirements)),
            constraints=list(filter(counts, self.constraints)),
            overrides=list(filter(counts, self.overrides)),
        )

    def bounds(self) -> dict[str, Location]:
        """Map names to the constraint that decides their version more than any requirement, and any other, does."""
        decided: dict[str, tuple[int, Version | None]] = {}
        for one in self.requirements:
            decided[one.name] = max(one.decides, decided.get(one.name, (0, None))[0]), None
        found: dict[str, Location] = {}
        for asked in self.constraints:
            most, lowest = decided.get(asked.name, (0, None))
            lower = asked.name in found and asked.ceiling and (lowest is None or asked.ceiling < lowest)
            if asked.decides > most or (asked.decides == most and lower):
                decided[asked.name] = asked.decides, asked.ceiling
                found[asked.name] = asked.location
        return found

    def allows(self, name: str, version: str) -> bool:
        """Tell whether all lines of a name, constraints too, allow a version; markers do not count."""
        lines = [one for one in (*self.requirements, *self.constraints) if one.name == name]
        by_name = not any(one.path or one.requirement.url for one in lines)
        return by_name and all(one.requirement.specifier.contains(version, prereleases=True) for one in lines)

    def line_of_url_in(self, text: str) -> Location | None:
        """Return the line whose URL a text names, logins aside."""
        for asked in self.all_lines():
            if asked.requirement.url and without_credentials(asked.requirement.url) in text:
                return asked.location
        options = (each for each in self.index_options if each.value and without_credentials(each.value) in text)
        return next((each.location for each in options), None)

    def index_lines(self) -> list[str]:
        """Return the index options as lines of a requirements file."""
        return [f"{option.name} {option.value}".strip() for option in self.index_options]

    def canonical(self) -> list[str]:
        """Return all of it in one spelling; the order of lines, of which some may come twice, does not show."""
        return [
            *_sorted("requirement", (asked.canonical() for asked in self.requirements)),
            *_sorted("constraint", (asked.canonical() for asked in self.constraints)),
            *_sorted("override", (asked.canonical() for asked in self.overrides)),
            *_sorted("exclude", self.excludes),
            *_sorted("python", (each.pythons for each in self.requires_python)),
            # the order of indexes decides which of them wins
            *(f"option {option.name} {without_credentials(option.value)}" for option in self.index_options),
            *(["option --pre"] if self.prereleases else []),
            *(["option --require-hashes"] if self.hashes_required_at else []),
            *(["option --no-require-hashes"] if self.hashes_optional_at else []),
        ]


def _expanded(asked: Asked, env: Mapping[str, str]) -> Asked:
    if "${" not in (asked.requirement.url or ""):
        return asked
    requirement = Requirement(str(asked.requirement))
    requirement.url = filled_url(requirement.url or "", env, asked.location)
    return replace(asked, requirement=requirement)


def _sorted(kind: str, texts: Iterable[str]) -> list[str]:
    return [f"{kind} {text}" for text in sorted(set(texts))]
