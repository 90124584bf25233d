"""From requirements to the newest set of wheels that a target really loads: resolve, select, exclude, resolve again."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from layer_action.build.asking.asked import Asking
from layer_action.build.refusals import NoSolutionError
from layer_action.build.resolving.closure import Graph, Root, walk
from layer_action.build.resolving.explain import (
    Reason,
    all_withdrawn,
    hash_of_source,
    line_in,
    no_solution,
    no_such_version,
    no_wheel,
    wrong_hash,
    wrong_python,
)
from layer_action.build.resolving.hashes import demanded_hashes, demands_hashes
from layer_action.build.resolving.looking import Looking
from layer_action.build.resolving.other_hash import Identifying
from layer_action.build.resolving.proof import unknown_version, without_wheel, yanked_version
from layer_action.build.resolving.selecting import Selection, select
from layer_action.build.resolving.told import line_of, without_marker
from layer_action.build.resolving.unhashed import hashed
from layer_action.build.sources.origin import Origin, Tools, may_build
from layer_action.build.uv import Question, Yanked, glibc_for
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.select import Misfit, WrongHash, admits
from layer_action.errors import LayerActionError, Problems, ResolutionError, concerning, each_of, located, raise_all
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import LockedDistribution, Wheel, because, way_to
from layer_action.model.target import Target
from layer_action.record import field, record, replace

# a floating numpy on Amazon Linux 2 takes 12 rounds; after these the answer for an older glibc is taken
_ROUNDS: Final = 20
_OLD_GLIBC: Final = (2, 17)
_GONE: Final = "(404 "


@record
class Chosen:
    """A complete lock, the metadata of all that is in it, and what was noticed."""

    distributions: Mapping[str, LockedDistribution]
    metadata: Mapping[str, Metadata]
    yanked: tuple[Yanked, ...] = ()


@record(frozen=False)
class _Refused:
    """Versions that must not be chosen again, the first reason for each name, and what was chosen beside it."""

    constraints: list[str] = field(default_factory=list)
    reasons: dict[str, LayerActionError | Misfit] = field(default_factory=dict)
    among: dict[str, Mapping[str, LockedDistribution]] = field(default_factory=dict)

    def add(self, name: str, exclusion: str, reason: LayerActionError | Misfit) -> None:
        """Refuse what does not match `exclusion`, such as `!=2.0` or `<=1.9`."""
        self.constraints.append(f"{name}{exclusion}")
        self.reasons.setdefault(name, reason)


class Locking:
    """One resolve of one layer for one target."""

    def __init__(self, tools: Tools, *, asking: Asking, spec: LayerSpec, target: Target, until: float = 0) -> None:
        """Remember what is asked, and until when the answer is worth waiting for."""
        self._until = until
        self._uv = tools.uv
        self._reader = tools.reader
        self.asking = asking
        self._spec = spec
        self._target = target
        self.looking = Looking(tools.uv, tools.http, asking, target)
        self._identifying = Identifying(http=tools.http, cache=tools.cache, root=Path())
        self._refused = _Refused()
        self._backports: list[str] = []
        self._known: Collection[str] = ()

    def lock(self, origins: Mapping[str, Origin], preferences: Mapping[str, str]) -> Chosen:
        """Return the newest versions that fit, preferred ones first. Raises ResolutionError, Problems."""
        self._known = preferences.keys()
        base = self._question(origins, preferences)
        for round_number in range(_ROUNDS + 1):
            glibc = base.glibc if round_number < _ROUNDS else _OLD_GLIBC
            refused = [*base.constraints, *self._refused.constraints]
            lines = [*base.requirements, *self._backports]
            chosen = self._round(replace(base, glibc=glibc, requirements=lines, constraints=refused), origins)
            if chosen is not None:
                return chosen
        raise self._explained(NoSolutionError("No version was found that fits", ""))

    def _question(self, origins: Mapping[str, Origin], preferences: Mapping[str, str]) -> Question:
        asking = self.asking
        asked = [one for one in asking.requirements if one.applies_to(self._target)]
        bounds = [one for one in asking.constraints if one.applies_to(self._target) and one.name not in origins]
        return Question(
            requirements=[line_of(one, origins) for one in asked],
            constraints=[line_of(one, {}) for one in bounds]
            + [f"{name} @ {origin.url}" for name, origin in origins.items()],
            overrides=[line_of(one, origins) for one in asking.overrides if one.applies_to(self._target)],
            excludes=asking.excludes,
            target=self._target,
            glibc=glibc_for(self._target),
            preferences={name: version for name, version in preferences.items() if name not in origins},
            index_options=asking.index_lines(),
            prereleases=asking.prereleases,
            until=self._until,
        )

    def _round(self, question: Question, origins: Mapping[str, Origin]) -> Chosen | None:
        """Return a lock, or None when it is to be asked for again: what does not fit is refused, or more is wanted."""
        try:
            compiled = self._uv.compile(question)
        except NoSolutionError as error:
            raise self._explained(error) from error
        except ResolutionError as error:
            line = self.asking.line_of_url_in(error.message)
            error.location = error.location or line or self.asking.lines().get(error.distribution)
            if line and _GONE in error.message:
                error.hint = "Correct the address in that line: the server has nothing there."
            if line and len(all_of_them := self.looking.unreadable_urls()) > 1:
                raise Problems(all_of_them) from error
            raise
        demanded = demanded_hashes(self.asking, self._target)
        selection = self._hashed(select(compiled.lock, self._target, origins=origins, demanded=demanded), demanded)
        distributions = selection.distributions
        self._refuse([each for each in selection.wrong if self._is_pinned(each)], demanded)
        for each in selection.wrong:
            self._refused.add(each.name, f"!={each.version}", wrong_hash(each, self.asking, self._spec))
        for misfit in selection.misfits:
            self._refused.add(misfit.name, self._exclusion(misfit), misfit)
            self._refused.among.setdefault(misfit.name, distributions)
        if selection.misfits or selection.wrong:
            return None
        metadata = self._metadata(distributions, origins)
        if not self._supports_python(distributions, metadata):
            return None
        if more := [line for line in self._for_early_patches(distributions, metadata) if line not in self._backports]:
            self._backports += more
            return None
        return Chosen(distributions=distributions, metadata=metadata, yanked=compiled.yanked)

    def _hashed(self, selection: Selection, demanded: Mapping[str, frozenset[str]]) -> Selection:
        """Learn the sha256 of wheels of which the index tells none; errors point at the line that names them."""
        try:
            return hashed(selection, self._identifying, demanded)
        except LayerActionError as error:
            for each in each_of(error):
                located(each, line_in(each.distribution, self.asking, self._spec))
            raise

    def _refuse(self, wrong: Sequence[WrongHash], demanded: Mapping[str, frozenset[str]]) -> None:
        """Raise what is wrong with pinned versions; of one whose source code may be built and is meant, that alone."""
        problems: list[LayerActionError] = []
        for each in wrong:
            problem = wrong_hash(each, self.asking, self._spec)
            source = self.looking.sdist(each.name)
            if source and source.identity in demanded[each.name]:
                problem = hash_of_source(each, problem, self._spec)
                if may_build(self._spec, each.name, local=False):
                    raise problem
            problems.append(problem)
        raise_all(problems)

    def _is_pinned(self, wrong: WrongHash) -> bool:
        """Tell whether no other version may have the hash that is demanded."""
        lines = (one for one in self.asking.all_lines() if one.name == wrong.name and one.applies_to(self._target))
        return max((one.decides for one in lines), default=0) > 1

    def _exclusion(self, misfit: Misfit) -> str:
        """Return what leads past a misfit: to the newest version that fits if the index tells it, else one further."""
        releases = self.looking.releases(misfit.name)
        if releases is None:
            return f"!={misfit.version}"
        newest = releases.newest(self._target)
        if not newest:
            return "<0"  # nothing ever fits: only doing without it is left
        return f"<={newest}" if Version(newest) < Version(misfit.version) else f"!={misfit.version}"

    def _metadata(
        self, distributions: Mapping[str, LockedDistribution], origins: Mapping[str, Origin]
    ) -> dict[str, Metadata]:
        wheels = {
            name: found.origin
            for name, found in distributions.items()
            if name not in origins and isinstance(found.origin, Wheel)
        }
        tried = self._reader.try_all(wheels) | {name: origin.metadata for name, origin in origins.items()}
        metadata = {name: found for name, found in tried.items() if isinstance(found, Metadata)}
        problems = [found for found in tried.values() if isinstance(found, LayerActionError)]
        for problem in problems:
            self._point(problem, distributions, metadata)
        raise_all(problems)
        return metadata

    def _point(
        self,
        problem: LayerActionError,
        distributions: Mapping[str, LockedDistribution],
        metadata: Mapping[str, Metadata],
    ) -> None:
        """Give an error about a distribution the line that brings it in, and say by way of whom."""
        way = self._way(problem.distribution, distributions, metadata)
        problem.location = problem.location or (self.asking.lines()[way[0]] if way else None)
        problem.message += because(way)

    def _way(
        self, name: str, distributions: Mapping[str, LockedDistribution], metadata: Mapping[str, Metadata]
    ) -> tuple[str, ...]:
        needed = walk(self._roots(), Graph(target=self._target, metadata=metadata), distributions).required_by
        return way_to(name, needed, self.asking.lines())

    def _roots(self) -> list[Root]:
        asked = (one for one in self.asking.requirements if one.applies_to(self._target))
        return [Root(name=one.name, extras=one.extras) for one in asked]

    def _way_to(self, name: str) -> tuple[str, ...]:
        """Return by way of whom a version came in that was refused; () where that is not known."""
        distributions = self._refused.among.get(name, {})
        if name in self.asking.lines():
            return ()
        wheels = {each.name: each.origin for each in distributions.values() if isinstance(each.origin, Wheel)}
        tried = self._reader.try_all(wheels)
        metadata = {name: found for name, found in tried.items() if isinstance(found, Metadata)}
        return self._way(name, distributions, metadata)

    def _supports_python(
        self, distributions: Mapping[str, LockedDistribution], metadata: Mapping[str, Metadata]
    ) -> bool:
        """Check Requires-Python whole (uv passes over upper bounds); refuse what does not admit the target."""
        fine = True
        for name, found in distributions.items():
            requires = metadata[name].requires_python
            if not admits(requires, self._target):
                error = wrong_python((name, found.version), requires, self.asking, self._target)
                problem = concerning(error, name)
                self._point(problem, distributions, metadata)
                self._refused.add(name, f"!={found.version}", problem)
                fine = False
        return fine

    def _for_early_patches(
        self, distributions: Mapping[str, LockedDistribution], metadata: Mapping[str, Metadata]
    ) -> list[str]:
        """Return what is needed on the first patch levels of the target alone: uv answers for the latest.

        Nothing where all that is taken must have a hash: whoever wrote them had a later one too.
        """
        if demands_hashes(self.asking):
            return []
        graph = Graph(target=self._target, metadata=metadata)
        reached = walk(self._roots(), graph, distributions).extras
        pairs = ((name, extra) for name, extras in reached.items() for extra in ("", *extras))
        needs = (need for name, extra in pairs for need in graph.needs(name, extra))
        there = distributions.keys() | {one.name for one in self.asking.overrides}
        return sorted({without_marker(need) for need in needs if canonicalize_name(need.name) not in there})

    def _explained(self, error: NoSolutionError) -> LayerActionError:
        """Say why: what we refused ourselves comes before uv's proof, which would speak of our own constraints."""
        direct = self.asking.lines()
        # what others bring along may only be there because of what is asked for itself
        for _, reason in sorted(self._refused.reasons.items(), key=lambda pair: pair[0] not in direct):
            if isinstance(reason, LayerActionError):
                return reason
            return self._no_wheel(reason, error)
        if (misfit := yanked_version(error)) and (gone := self.looking.withdrawn(misfit)):
            return all_withdrawn(misfit.name, gone, error, self.asking, self._spec)
        if misfit := without_wheel(error):
            return self._no_wheel(misfit, error)
        if name := unknown_version(error):
            return no_such_version(error, self.asking, self._spec, self._target, self.looking.releases(name))
        return no_solution(error, self.asking, self._spec, self._target, self._known)

    def _no_wheel(self, misfit: Misfit, error: NoSolutionError) -> ResolutionError:
        if gone := self.looking.withdrawn(misfit):
            return all_withdrawn(misfit.name, gone, error, self.asking, self._spec)
        told = self.looking.told(misfit)
        releases = self.looking.releases(misfit.name)
        reason = Reason(releases=releases, proof=error.reason, way=self._way_to(misfit.name))
        return no_wheel(told, self.asking, self._spec, self._target, reason)
