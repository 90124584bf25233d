"""The resolver: from requirement files and locks of the repository to one complete, checked lock a target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from layer_action.build.asked import Asked, Asking
from layer_action.build.closure import Graph, Root, annotated, walk, without_provided
from layer_action.build.explain import NoWheelError
from layer_action.build.identity import input_parts
from layer_action.build.locked import read_locked, roots_by_graph
from layer_action.build.locking import Chosen, Locking
from layer_action.build.locks import LockReader, lock_lines
from layer_action.build.metadata import MetadataReader
from layer_action.build.origin import Origin, Origins, may_build
from layer_action.build.own_files import own_files
from layer_action.build.project import Metadata
from layer_action.build.projects import with_nested
from layer_action.build.requirements import read_requirements
from layer_action.build.source import Wanted
from layer_action.build.uv import Uv, Yanked
from layer_action.errors import LayerActionError, Location, ResolutionError, raise_all
from layer_action.formats.digest import inputs_hash
from layer_action.http import Http
from layer_action.model.layer import Finding, LayerSpec, OwnFile, Severity
from layer_action.model.lock import Lock, LockedDistribution
from layer_action.model.target import Target
from layer_action.ports import Console, LayerInputs, Preferences, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A set of distributions before the closure check. `metadata` is None where nobody could be asked."""

    distributions: Mapping[str, LockedDistribution]
    metadata: Mapping[str, Metadata] | None
    roots: Sequence[Root]
    lines: Mapping[str, Location]
    overridden: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wish:
    spec: LayerSpec
    target: Target
    preferences: Mapping[str, str]


class UvResolver:
    """Implements `ports.Resolver`. `env` is the environment of the run, `cache` a folder that runs may share."""

    def __init__(self, *, env: Mapping[str, str], cache: Path, http: Http, console: Console) -> None:
        """Remember the settings; nothing is started."""
        self._env = env
        self._http = http
        self._console = console
        self._uv = Uv(env, cache / "uv")
        self._reader = MetadataReader(http, cache / "metadata")

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        """Read requirement files and own files. Raises ConfigError, Problems."""
        problems: list[LayerActionError] = []
        asking = Asking()
        own: tuple[OwnFile, ...] = ()
        try:
            asking = read_requirements(spec, root)
        except LayerActionError as problem:
            problems.append(problem)
        try:
            own = own_files(spec, root)
        except LayerActionError as problem:
            problems.append(problem)
        raise_all(problems)
        return LayerInputs(
            inputs_hash=inputs_hash(input_parts(spec, root, asking, own)),
            lines=_lock_lines(asking, root) | asking.lines(),
            own_files=own,
        )

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        """Lock a spec for one target. Raises ResolutionError, ConfigError, BuildError, Problems."""
        asking = read_requirements(spec, root).expanded(self._env)
        with TemporaryDirectory(prefix="lambda-layer-") as name:
            origins = Origins(env=self._env, http=self._http, reader=self._reader, root=root, folder=Path(name))
            if asking.locks:
                found = self._from_locks(asking, spec, target, origins)
            else:
                found = self._from_requirements(asking, spec, target, origins, preferences)
        return _checked(found, spec, target)

    def _from_locks(self, asking: Asking, spec: LayerSpec, target: Target, origins: Origins) -> _Found:
        reader = LockReader(uv=self._uv, root=origins.root, spec=spec)
        locked = read_locked(asking, target, locks=reader, origins=origins, reader=self._reader)
        roots = locked.roots
        if roots is None and locked.metadata is not None:
            roots = roots_by_graph(locked.metadata, locked.distributions, target)
        return _Found(
            distributions=locked.distributions,
            metadata=locked.metadata,
            # a lock that cannot say who needs whom: then all of it was asked for
            roots=roots or [Root(name=name) for name in locked.distributions],
            lines={name: entry.location for name, entry in locked.entries.items()} | asking.lines(),
            overridden=locked.overridden,
        )

    def _from_requirements(
        self, asking: Asking, spec: LayerSpec, target: Target, origins: Origins, preferences: Preferences
    ) -> _Found:
        roots = [Root(name=one.name, extras=one.extras) for one in asking.requirements if one.applies_to(target)]
        if not roots:
            return _Found(
                distributions={}, metadata={}, roots=(), lines={}, findings=_nothing_applies(asking, spec, target)
            )
        sources = with_nested([*asking.requirements, *asking.constraints], origins.root)
        sources |= {one.name: one for one in asking.requirements if one.requirement.url and one.applies_to(target)}
        local = _local_origins(sources.values(), origins, spec, target)
        chosen = self._with_allowed_sdists(asking, origins, local, _Wish(spec, target, _kept(preferences)))
        return _Found(
            distributions=chosen.distributions,
            metadata=chosen.metadata,
            roots=roots,
            lines=asking.lines(),
            findings=tuple(_yanked(each, asking, spec) for each in chosen.yanked),
        )

    def _with_allowed_sdists(self, asking: Asking, origins: Origins, local: dict[str, Origin], wish: _Wish) -> Chosen:
        """Lock; where a name has no wheel and its code may be run, take its sdist and lock again."""
        while True:
            locking = Locking(uv=self._uv, reader=self._reader, asking=asking, spec=wish.spec, target=wish.target)
            try:
                return locking.lock(local, wish.preferences)
            except NoWheelError as error:
                allowed = error.name not in local and may_build(wish.spec, error.name, local=False)
                sdist = locking.sdist(error.name) if allowed else None
                if sdist is None:
                    raise
                self._console.debug(f"{error.name} has no wheel: its sdist will be built.")
                local[error.name] = origins.of_source(sdist, Wanted(name=error.name, version="", target=wish.target))


def _local_origins(sources: Iterable[Asked], origins: Origins, spec: LayerSpec, target: Target) -> dict[str, Origin]:
    found: dict[str, Origin] = {}
    problems: list[LayerActionError] = []
    for asked in sources:
        try:
            if origin := origins.of(asked, spec, target):
                found[asked.name] = origin
        except LayerActionError as problem:
            problems.append(problem)
    raise_all(problems)
    return found


def _checked(found: _Found, spec: LayerSpec, target: Target) -> Resolution:
    """Check the closure, leave out what is provided, and say of each distribution who asks for it."""
    provided = frozenset(canonicalize_name(name) for name in spec.provided)
    graph = Graph(target=target, metadata=found.metadata or {})
    closure = walk(found.roots, graph, found.distributions, provided=provided, lines=found.lines)
    raise_all(problem for (_, needed), problem in closure.problems.items() if needed not in found.overridden)
    kept = without_provided(found.roots, graph, found.distributions, provided)
    findings = found.findings
    if found.metadata is None:
        findings += (_unchecked(spec),)
    direct = {root.name for root in found.roots}
    return Resolution(
        lock=Lock(target=target, distributions=annotated(kept, closure, direct)),
        findings=findings,
    )


def _kept(preferences: Preferences) -> dict[str, str]:
    if preferences.upgrade_all:
        return {}
    upgraded = {canonicalize_name(name) for name in preferences.upgrade}
    return {name: version for name, version in preferences.versions.items() if name not in upgraded}


def _lock_lines(asking: Asking, root: Path) -> dict[str, Location]:
    texts = {lock.path: (root / lock.path).read_text(encoding="utf-8") for lock in asking.locks}
    return {name: where for file, text in texts.items() for name, where in lock_lines(text, file).items()}


def _nothing_applies(asking: Asking, spec: LayerSpec, target: Target) -> tuple[Finding, ...]:
    """Say that a layer has no distributions on a target: an error, unless own files are what it is for."""
    first = asking.requirements[0].location if asking.requirements else spec.location("requirements")
    text = (
        f"No requirement of {spec.name} applies to {target}: the markers exclude all of them."
        if asking.requirements
        else f"The requirement files of {spec.name} ask for nothing."
    )
    if not spec.include:
        raise ResolutionError(
            text, location=first, hint="Write a requirement, change the markers, or take the layer out of the config."
        )
    return (Finding(severity=Severity.NOTICE, check="no-requirements", message=text, location=first, layer=spec.name),)


def _yanked(yanked: Yanked, asking: Asking, spec: LayerSpec) -> Finding:
    why = f": {yanked.reason.rstrip('.')}" if yanked.reason else ""
    return Finding(
        severity=Severity.WARNING,
        check="yanked",
        message=f"{yanked.name} {yanked.version} was withdrawn by its authors{why}.",
        ways_out=(f"Ask for another version of {yanked.name}.",),
        location=asking.lines().get(canonicalize_name(yanked.name)),
        layer=spec.name,
    )


def _unchecked(spec: LayerSpec) -> Finding:
    return Finding(
        severity=Severity.NOTICE,
        check="closure-unchecked",
        message=f"Whether the lock of {spec.name} is complete was not checked: the package index does not answer.",
        location=spec.location("requirements"),
        layer=spec.name,
    )
