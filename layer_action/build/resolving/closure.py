"""The closure check: from the roots, everything that is needed is in the lock, or provided by others."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from layer_action.build.resolving.markers import holds
from layer_action.build.resolving.missing import MissingError
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.pep508 import readable
from layer_action.errors import Location, ResolutionError
from layer_action.model.lock import LockedDistribution
from layer_action.model.target import Target
from layer_action.record import field, record, replace


@record
class Root:
    """A distribution that the layer asks for by name, with the extras that it wants of it."""

    name: str
    extras: frozenset[str] = frozenset()


@record
class Graph:
    """Who needs what on a target, by the metadata of each name. `answers` are kept: a graph is walked several times."""

    target: Target
    metadata: Mapping[str, Metadata]
    answers: dict[tuple[str, str], tuple[Requirement, ...]] = field(default_factory=dict)

    def needs(self, name: str, extra: str) -> tuple[Requirement, ...]:
        """Return what a distribution needs under the target's markers: for itself, or more for one of its extras."""
        metadata = self.metadata.get(name)
        if metadata and (name, extra) not in self.answers:
            found = (self._if_applies(text, extra) for text in metadata.requires)
            self.answers[name, extra] = tuple(each for each in found if each)
        return self.answers.get((name, extra), ())

    def is_certain(self, requirement: Requirement, extra: str) -> bool:
        """Tell whether later patch levels of the target's Python need it too: a lock may be made on one of them."""
        latest = {"python_full_version": self.target.python_latest_version, "extra": extra}
        return requirement.marker is None or holds(requirement.marker, self.target.marker_environment | latest)

    def _if_applies(self, text: str, extra: str) -> Requirement | None:
        requirement = readable(text)
        if requirement is None:
            return None  # uv and pip pass over it too
        marker = requirement.marker
        environment = self.target.marker_environment
        if marker is None:
            return requirement if not extra else None
        if not holds(marker, environment | {"extra": extra}):
            return None
        # what holds without the extra is already counted for the thing itself
        return None if extra and holds(marker, environment | {"extra": ""}) else requirement


@record
class Closure:
    """What the walk found: names reached, the extras that are wanted of them, and who needs each.

    What is `missing`, and what is there at a version that does not suit (`contradictions`), is by (who needs, what is
    needed).
    """

    reached: frozenset[str]
    extras: Mapping[str, frozenset[str]]
    required_by: Mapping[str, frozenset[str]]
    missing: dict[tuple[str, str], ResolutionError]
    contradictions: dict[tuple[str, str], ResolutionError]


def walk(
    roots: Iterable[Root],
    graph: Graph,
    locked: Mapping[str, LockedDistribution],
    *,
    provided: Collection[str] = (),
    lines: Mapping[str, Location] | None = None,
    projects: Mapping[str, str] | None = None,
) -> Closure:
    """Follow requirements from the roots; what is `provided` is neither missing nor followed.

    `projects` are those that locks are of, by name, with their pyproject.toml: no lock brings its own.
    """
    return _Walk(graph, locked, frozenset(provided), lines or {}, projects or {}).run(roots)


def without_provided(
    roots: Iterable[Root], graph: Graph, locked: Mapping[str, LockedDistribution], provided: Collection[str]
) -> dict[str, LockedDistribution]:
    """Leave out what is provided, with what only that needs."""
    kept = walk(roots, graph, locked, provided=provided).reached
    gone = walk([Root(name=name) for name in provided], graph, locked).reached
    return {name: found for name, found in locked.items() if name in kept or name not in gone}


class _Walk:
    def __init__(
        self,
        graph: Graph,
        locked: Mapping[str, LockedDistribution],
        provided: frozenset[str],
        lines: Mapping[str, Location],
        projects: Mapping[str, str],
    ) -> None:
        self._graph = graph
        self._locked = locked
        self._provided = provided
        self._lines = lines
        self._projects = projects
        self._required_by: dict[str, set[str]] = {}
        self._first: dict[str, str] = {}
        self._missing: dict[tuple[str, str], ResolutionError] = {}
        self._contradictions: dict[tuple[str, str], ResolutionError] = {}

    def run(self, roots: Iterable[Root]) -> Closure:
        roots = tuple(roots)
        for root in roots:
            if root.name not in self._locked and root.name not in self._provided:
                self._missing["", root.name] = ResolutionError(
                    f"{root.name} is asked for, but is not in the lock.",
                    location=self._lines.get(root.name),
                    hint="Lock again.",
                )
        waiting = [(root.name, extra) for root in roots for extra in ("", *sorted(root.extras))]
        seen: set[tuple[str, str]] = set()
        while waiting:
            name, extra = waiting.pop()
            if (name, extra) in seen or name in self._provided or name not in self._locked:
                continue
            seen.add((name, extra))
            for requirement in self._graph.needs(name, extra):
                needed = canonicalize_name(requirement.name)
                if needed != name:
                    self._note(name, needed, requirement, extra)
                waiting.extend((needed, canonicalize_name(more) if more else "") for more in ("", *requirement.extras))
        extras: dict[str, set[str]] = {}
        for name, extra in seen:
            extras.setdefault(name, set()).update([extra] if extra else [])
        return Closure(
            reached=frozenset(extras),
            extras={name: frozenset(wanted) for name, wanted in extras.items()},
            required_by={name: frozenset(by) for name, by in self._required_by.items()},
            missing=self._missing,
            contradictions=self._contradictions,
        )

    def _note(self, name: str, needed: str, requirement: Requirement, extra: str) -> None:
        self._required_by.setdefault(needed, set()).add(name)
        self._first.setdefault(needed, name)
        if needed in self._provided:
            return
        there = self._locked.get(needed)
        if there is None and self._graph.is_certain(requirement, extra):
            self._missing[name, needed] = self._miss(name, needed, requirement)
        elif there and not _satisfies(there.version, requirement):
            self._contradictions[name, needed] = self._problem(
                name,
                f"needs {_bare(requirement)}, but the lock holds {needed} {there.version}",
                f"Lock again; if it is wanted so, name {needed} before in `override-dependencies` of [tool.uv], in a "
                "pyproject.toml beside the lock or above it.",
            )

    def _miss(self, name: str, needed: str, requirement: Requirement) -> ResolutionError:
        if project := self._projects.get(needed):
            return self._problem(
                name,
                f"needs {needed}, the very project that is locked, and a layer of its lock leaves it out",
                f"If the functions bring its code, write `provided: [{needed}]`; else ask for it in a "
                f"requirements file in the place of the lock, as `{needed} @ {folder_of(project)}`.",
            )
        by = self._locked[name]
        return MissingError(f"{by.name} {by.version}", [_bare(requirement)], [needed], self._line_of(name))

    def _problem(self, name: str, text: str, hint: str) -> ResolutionError:
        by = self._locked[name]
        return ResolutionError(f"{by.name} {by.version} {text}.", location=self._line_of(name), hint=hint)

    def _line_of(self, name: str) -> Location | None:
        """Return the line that brings a distribution in, by way of what needs it."""
        passed: set[str] = set()
        while name not in self._lines and name in self._first and name not in passed:
            passed.add(name)
            name = self._first[name]
        return self._lines.get(name)


def annotated(
    locked: Mapping[str, LockedDistribution], closure: Closure, direct: Collection[str]
) -> tuple[LockedDistribution, ...]:
    """Return the distributions, each with who asks for it and for which of its extras, sorted by name."""
    return tuple(
        replace(
            locked[name],
            direct=name in direct,
            extras=tuple(sorted(closure.extras.get(name, ()))),
            required_by=tuple(sorted(by for by in closure.required_by.get(name, ()) if by in locked)),
        )
        for name in sorted(locked)
    )


def folder_of(pyproject: str) -> str:
    """Return where a project lies, as a requirement names it."""
    folder = PurePosixPath(pyproject).parent.as_posix()
    return "./" if folder == "." else f"./{folder}"


def _satisfies(version: str, requirement: Requirement) -> bool:
    try:
        return bool(requirement.url) or requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _bare(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"
