"""One resolve: a layer, a target, and the way from what is asked to a checked lock."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import Asked, Asking
from layer_action.build.asking.projects import with_nested
from layer_action.build.refusals import TooLateError
from layer_action.build.resolving.by_address import check_same, needed_at_addresses, without_addresses
from layer_action.build.resolving.checking import Found, checked, provided_by
from layer_action.build.resolving.clashes import clashes
from layer_action.build.resolving.closure import Graph, Root, walk, without_provided
from layer_action.build.resolving.explain import NoWheelError, RefusedIndexError
from layer_action.build.resolving.given_hash import other_hashes, unlike_their_hash
from layer_action.build.resolving.hashes import other_files, without_hash
from layer_action.build.resolving.locking import Chosen, Locking
from layer_action.build.resolving.notices import (
    gone_back,
    lock_behind,
    nothing_applies,
    of_the_index,
    unheeded,
    unknown_extras,
    unreadable_needs,
    withdrawn,
)
from layer_action.build.resolving.patience import Patience
from layer_action.build.resolving.proof import names_in
from layer_action.build.sources.origin import (
    Origin,
    Origins,
    Tools,
    allowing_together,
    may_build,
    require_permission_of,
)
from layer_action.build.sources.wanted import Wanted
from layer_action.errors import LayerActionError, ResolutionError, by_line, each_of, located, raise_all
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Source
from layer_action.model.target import Target
from layer_action.ports.building import Preferences, Resolution
from layer_action.ports.speaking import Console
from layer_action.record import replace

_MOST_TOLD: Final = 10  # problems of one layer on one target


class Resolving:
    """Locks one spec for one target."""

    def __init__(self, tools: Tools, origins: Origins, asking: Asking, spec: LayerSpec, target: Target) -> None:
        """Remember what is asked, and whom to ask."""
        self._tools = tools
        self._origins = origins
        self._asking = asking.on(target)
        self._spec = spec
        self._target = target

    def run(self, preferences: Preferences, console: Console) -> Resolution:
        """Return the checked lock. Raises ResolutionError, ConfigError, BuildError, Problems."""
        found = self._from_locks(console) if self._asking.locks else self._from_requirements(preferences, console)
        return checked(found, self._asking, self._spec, self._target)

    def _from_locks(self, console: Console) -> Found:
        from layer_action.build.resolving.beside import unlike_their_lock  # noqa: PLC0415 - most layers bring no lock
        from layer_action.build.resolving.locked import read_locked, roots_by_graph  # noqa: PLC0415 - as above
        from layer_action.build.resolving.locks import LockReader  # noqa: PLC0415 - as above
        from layer_action.build.resolving.other_hash import Identifying  # noqa: PLC0415 - as above

        hasty = self._tools.http.hasty()
        root = self._origins.root
        identifying = Identifying(http=self._tools.http, cache=self._tools.cache, root=root)
        reader = LockReader(uv=self._tools.uv, http=hasty, identifying=identifying, root=root, spec=self._spec)
        locked = read_locked(
            self._asking, self._target, locks=reader, origins=self._origins, reader=self._tools.hasty_reader
        )
        hashed = partial(other_hashes, tools=self._tools, root=root, console=console)
        unlike = unlike_their_lock(self._asking, self._target, locked.distributions, locked.overridden)
        others = other_files(self._asking, self._target, locked.distributions, {}, hashed)
        raise_all(by_line([*unlike, *others]))
        roots = locked.roots
        if roots is None and locked.metadata is not None:
            roots = roots_by_graph(locked.metadata, locked.distributions, self._target)
        lines = {name: entry.location for name, entry in locked.entries.items()} | self._asking.lines()
        return Found(
            distributions=locked.distributions,
            metadata=locked.metadata,
            own=locked.own,
            restated=locked.restated,
            # a lock that cannot say who needs whom: then all of it was asked for
            roots=roots or [Root(name=name) for name in locked.distributions],
            lines=lines,
            overridden=locked.overridden,
            projects=locked.projects,
            untold_overrides=locked.untold_overrides,
            findings=(
                *unreadable_needs(locked.metadata or {}, lines, self._spec),
                *unheeded(self._asking, locked.distributions, self._spec),
                *(
                    lock_behind(names, lock.path, reader.line_asking(names, lock), self._spec)
                    for lock in self._asking.locks
                    if (names := reader.behind(lock))
                ),
            ),
        )

    def _from_requirements(self, preferences: Preferences, console: Console) -> Found:
        asked = [one for one in self._asking.requirements if one.applies_to(self._target)]
        if not asked:
            notice = nothing_applies(self._asking, self._spec, self._target)
            return Found(distributions={}, metadata={}, roots=(), lines={}, findings=(notice,))
        kept = _kept(preferences)
        local, unusable = self._local(asked, {name: preferences.commits.get(name) for name in kept})
        with Patience(self._spec, self._target, console) as patience:
            chosen = self._locked(local, unusable, kept, patience, console)
        unlike = unlike_their_hash(asked, chosen.distributions, self._tools, console)
        graph = Graph(target=self._target, metadata=chosen.metadata)
        roots = [Root(name=one.name, extras=one.extras) for one in asked]
        needed = walk(roots, graph, chosen.distributions).required_by
        names = without_provided(roots, graph, chosen.distributions, provided_by(self._spec))
        missing = without_hash(self._asking, self._spec, self._target, names, local=local, required_by=needed)
        raise_all(by_line([*self._contradictions(asked, local, chosen, console), *unlike, *missing]))
        extras = unknown_extras(asked, graph, chosen.distributions, self._spec)
        return Found(
            distributions=chosen.distributions,
            metadata=chosen.metadata,
            roots=roots,
            lines=self._asking.lines(),
            overridden=frozenset([*(one.name for one in self._asking.overrides), *self._asking.excludes]),
            findings=(
                *(withdrawn(each, self._asking, self._spec) for each in chosen.yanked),
                *gone_back(self._asking, kept, chosen.distributions, needed, self._spec),
                *extras,
                *unheeded(self._asking, chosen.distributions, self._spec),
                *of_the_index(self._asking, chosen.distributions, self._spec),
            ),
        )

    def problems(self, console: Console, *, index_is_known: bool) -> list[LayerActionError]:
        """Return what is wrong beside lines that cannot be read; of a refused index nobody knows what it holds."""
        asked = [one for one in self._asking.requirements if one.applies_to(self._target)]
        if not asked and not self._asking.locks:
            return []
        try:
            if index_is_known:
                # the lines that cannot be read may be those that give the hashes
                self._asking = replace(self._asking, hashed_at=None, hashes_required_at=None)
                self.run(Preferences(versions={}), console)
                return []
            problems: list[LayerActionError] = [*clashes(self._asking, self._target)]
            for one in asked:
                try:
                    require_permission_of(one, self._spec)
                except LayerActionError as problem:
                    problems.append(problem)
        except LayerActionError as error:
            return list(each_of(error))
        return list(allowing_together(problems, self._spec))

    def _local(
        self, asked: Sequence[Asked], commits: Mapping[str, Source | None]
    ) -> tuple[dict[str, Origin], dict[str, LayerActionError]]:
        """Return what comes from no index, by name, and why the rest of it cannot be had, or must not be built."""
        stated = [*asked, *self._asking.constraints, *self._asking.overrides]
        applying = [one for one in stated if one.applies_to(self._target)]
        statements = with_nested(applying, self._origins.root)
        statements |= {one.name: one for one in applying if one.requirement.url}
        found: dict[str, Origin] = {}
        unusable: dict[str, LayerActionError] = {}
        waiting = list(statements.values())
        for one in waiting:  # it grows
            try:
                if origin := self._origins.of(one, self._spec, self._target, commits.get(one.name)):
                    found[one.name] = origin
                    waiting += self._needed_by(one, origin, statements)
            except LayerActionError as problem:
                unusable[one.name] = located(problem, one.location)
        gone = unusable.keys() | provided_by(self._spec)
        told = {name: without_addresses(origin.metadata, found, gone) for name, origin in found.items()}
        return {name: self._origins.needing(found[name], requires) for name, requires in told.items()}, unusable

    def _needed_by(self, parent: Asked, origin: Origin, statements: dict[str, Asked]) -> list[Asked]:
        """Return what a source needs at addresses that nobody else names, and note that it does. Raises ConfigError."""
        new: list[Asked] = []
        provided = provided_by(self._spec)
        needed = needed_at_addresses(parent, origin.metadata, self._target)
        for need in (each for each in needed if each.name not in provided):
            other = statements.setdefault(need.name, need)
            new += [need] if other is need else []
            check_same(need, parent, other)
        return new

    def _locked(
        self,
        local: dict[str, Origin],
        unusable: Mapping[str, LayerActionError],
        versions: Mapping[str, str],
        patience: Patience,
        console: Console,
    ) -> Chosen:
        """Lock; where a name has no wheel and its code may be run, take its sdist and lock again.

        What fails without some of the lines fails with them too: so each line that is at fault is found, and told.
        """
        clashing = clashes(self._asking, self._target)
        problems = [*clashing, *(each for error in unusable.values() for each in each_of(error))]
        asking = self._asking.without(clashing).without_names(unusable)
        while True:
            until = patience.until(is_wrong=bool(problems))
            locking = Locking(self._tools, asking=asking, spec=self._spec, target=self._target, until=until)
            try:
                chosen = locking.lock(local, versions)
            except TooLateError:
                patience.is_over()
                raise_all(allowing_together(by_line(problems), self._spec))
            except LayerActionError as unlocked:
                error = self._from_source(unlocked, locking, local, console)
                if isinstance(error, dict):
                    local |= error
                    continue
                told = {problem.message for problem in problems}
                left_out = self._asking.lines().keys() - asking.lines().keys()
                new = (each for each in each_of(error) if each.message not in told)
                problems += [each for each in new if not _names(each, unusable) and not _follows(each, left_out)]
                asking = asking.without(each_of(error))
                is_at_end = len(asking.requirements) in (0, len(locking.asking.requirements))
                if is_at_end or isinstance(error, RefusedIndexError) or len(problems) >= _MOST_TOLD:
                    raise_all(allowing_together(by_line(problems), self._spec))
            else:
                raise_all(allowing_together(by_line(problems), self._spec))
                return chosen

    def _from_source(
        self, error: LayerActionError, locking: Locking, local: Mapping[str, Origin], console: Console
    ) -> dict[str, Origin] | LayerActionError:
        """Return the sdist of what has no wheel, by name, if it may be built and can be; else what is to be told."""
        name = error.distribution
        if not isinstance(error, NoWheelError) or name in local:
            return error
        sdist = locking.looking.sdist(name) if may_build(self._spec, name, local=False) else None
        if sdist is None:
            return error
        console.debug(f"{name} has no wheel for {self._target}: its sdist will be built.")
        try:
            wanted = Wanted(name=name, version="", target=self._target)
            return {name: self._origins.of_source(sdist, wanted)}
        except LayerActionError as unbuilt:
            return located(unbuilt, error.location)

    def _contradictions(
        self, asked: Iterable[Asked], local: Mapping[str, Origin], chosen: Chosen, console: Console
    ) -> Iterator[ResolutionError]:
        """Check what uv was not told: versions of sources, and hashes, that the lines demand."""
        for one in asked:
            found = chosen.distributions.get(one.name) if one.name in local else None
            if found and not one.requirement.specifier.contains(found.version, prereleases=True):
                yield ResolutionError(
                    f"{one.name}{one.requirement.specifier} is asked for, but its source is {found.version}.",
                    location=one.location,
                    hint="Change the requirement, or the version that the source states.",
                )
        hashed = partial(other_hashes, tools=self._tools, root=self._origins.root, console=console)
        yield from other_files(self._asking, self._target, chosen.distributions, local, hashed)


def _names(error: LayerActionError, unusable: Collection[str]) -> bool:
    """Tell whether an error speaks of what was left out: it may be there because of that alone."""
    return not names_in(error.message).keys().isdisjoint(unusable)


def _follows(error: LayerActionError, left_out: Collection[str]) -> bool:
    """Tell whether an error is about a version that nobody asks for: a line that is told already was left out."""
    return isinstance(error, NoWheelError) and error.distribution in left_out


def _kept(preferences: Preferences) -> dict[str, str]:
    """Return the versions that must not move without need."""
    if preferences.upgrade_all:
        return {}
    upgraded = {canonicalize_name(name) for name in preferences.upgrade}
    return {name: version for name, version in preferences.versions.items() if name not in upgraded}
