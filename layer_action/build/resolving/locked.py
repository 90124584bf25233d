"""A layer whose lock lies in the repository: its entries, its roots, and who needs whom."""

from collections.abc import Container, Mapping, Sequence

from layer_action.build.asking.asked import Asking, LockFile
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.lock_text import has_untold_overrides
from layer_action.build.resolving.closure import Graph, Root, walk
from layer_action.build.resolving.lock_files import Entry
from layer_action.build.resolving.locks import LockReader
from layer_action.build.resolving.otherwise import Otherwise, told_otherwise
from layer_action.build.resolving.uv_graph import UvGraph
from layer_action.build.sources.origin import Origins
from layer_action.build.sources.wanted import Wanted
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.metadata import MetadataReader
from layer_action.build.wheels.select import admits
from layer_action.errors import ConfigError, DownloadError, LayerActionError, ResolutionError, each_of, raise_all
from layer_action.model.lock import LockedDistribution, Source, Wheel
from layer_action.model.target import Target
from layer_action.record import record


@record
class Locked:
    """What the locks of a layer hold for a target.

    `roots` is None where nothing says what was asked for; `metadata` is None where who needs whom cannot be known now.
    `own` is what distributions say of themselves, as far as that is in hand, and is to be believed. `overridden` names
    may be missing or at any version: the lock's owner said so. What is `restated` does not count: its owner said more.
    `projects` are those that the locks are of, by name, with their pyproject.toml; a layer leaves them out. A lock may
    be made with `untold_overrides`.
    """

    distributions: Mapping[str, LockedDistribution]
    entries: Mapping[str, Entry]
    roots: tuple[Root, ...] | None
    metadata: Mapping[str, Metadata] | None
    own: Mapping[str, Metadata]
    overridden: frozenset[str] = frozenset()
    restated: frozenset[str] = frozenset()
    projects: Mapping[str, str]
    untold_overrides: bool


def read_locked(
    asking: Asking, target: Target, *, locks: LockReader, origins: Origins, reader: MetadataReader
) -> Locked:
    """Read all locks of a layer. Raises ConfigError, ResolutionError, Problems."""
    entries = _merged(asking.locks, target, locks)
    of_uv = [lock for lock in asking.locks if lock.is_of_uv]
    graphs = [locks.graph(lock, target) for lock in of_uv]
    sources = _sources(entries, target, origins)
    others = [origins.root / lock.path for lock in asking.locks if not lock.is_of_uv]
    told: list[UvGraph | Otherwise] = [*graphs, *(told_otherwise(path.parent, origins.root) for path in others)]
    restated = frozenset(name for each in told for name in each.restated)
    metadata = _metadata(entries, graphs, sources, restated, reader)
    if metadata is not None:
        raise_all(_wrong_pythons(entries, metadata, target))
    own = sources | reader.known({name: found.origin for name, found in entries.items()})
    return Locked(
        distributions={
            name: LockedDistribution(name=name, version=entry.version or sources[name].version, origin=entry.origin)
            for name, entry in entries.items()
        },
        entries=entries,
        roots=_roots(asking, graphs, target),
        metadata=metadata,
        own={name: found for name, found in own.items() if name not in restated},
        overridden=frozenset(name for each in told for name in each.overridden),
        restated=restated,
        projects={graph.project: lock.project for lock, graph in zip(of_uv, graphs, strict=True)},
        untold_overrides=any(has_untold_overrides(text_of(path, origins.root)) for path in others),
    )


def roots_by_graph(
    metadata: Mapping[str, Metadata], distributions: Mapping[str, LockedDistribution], target: Target
) -> tuple[Root, ...]:
    """Return those whom nobody needs; of names that only need one another, the first."""
    graph = Graph(target=target, metadata=metadata)
    needed = walk([Root(name=name) for name in distributions], graph, distributions).required_by
    roots = [Root(name=name) for name in sorted(distributions) if name not in needed]
    reached = walk(roots, graph, distributions).reached
    for name in sorted(distributions):
        if name not in reached:
            roots.append(Root(name=name))
            reached |= walk(roots[-1:], graph, distributions).reached
    return tuple(roots)


def _sources(entries: Mapping[str, Entry], target: Target, origins: Origins) -> dict[str, Metadata]:
    """Return what each source says of itself; all that cannot be read is told at once, where the lock names it."""
    found: dict[str, Metadata] = {}
    problems: list[LayerActionError] = []
    for name, entry in entries.items():
        if isinstance(entry.origin, Source):
            try:
                found[name] = origins.metadata(entry.origin, Wanted(name=name, version=entry.version, target=target))
            except LayerActionError as problem:
                problem.location = problem.location or entry.location
                problems.append(problem)
    raise_all(problems)
    return found


def _merged(files: Sequence[LockFile], target: Target, locks: LockReader) -> dict[str, Entry]:
    """Return the entries of all locks by name; all on which two of them disagree are told at once."""
    found: dict[str, Entry] = {}
    problems: list[LayerActionError] = []
    for file in files:
        for entry in locks.entries(file, target):
            other = found.setdefault(entry.name, entry)
            if _content(other) != _content(entry):
                has = f"another file of {entry.version}" if other.version == entry.version else entry.version
                problems.append(
                    ConfigError(
                        f"Two locks disagree on {entry.name}: {other.location} has {other.version}, "
                        f"{entry.location} has {has}.",
                        location=entry.location,
                        hint="Lock the layer as one.",
                    )
                )
    raise_all(problems)
    return {name: found[name] for name in sorted(found)}


def _content(entry: Entry) -> tuple[str, str]:
    """Return what makes two entries the same; where its file lies is each lock's own."""
    origin = entry.origin
    what = origin.sha256 if isinstance(origin, Wheel) else f"{origin.identity} {origin.subdirectory}"
    return entry.version, what


def _roots(asking: Asking, graphs: Sequence[UvGraph], target: Target) -> tuple[Root, ...] | None:
    asked = [Root(name=one.name, extras=one.extras) for one in asking.requirements if one.applies_to(target)]
    told = [root for graph in graphs for root in graph.roots]
    return tuple(asked + told) or None


def _metadata(
    entries: Mapping[str, Entry],
    graphs: Sequence[UvGraph],
    sources: Mapping[str, Metadata],
    restated: Container[str],
    reader: MetadataReader,
) -> dict[str, Metadata] | None:
    """Take what the locks tell; ask the index for the rest, if there is one to ask."""
    found = dict(sources)
    for name, entry in entries.items():
        for graph in graphs:
            if told := graph.metadata.get((name, entry.version)):
                found[name] = told
        if name not in found and entry.dependencies is not None:
            found[name] = Metadata(name=name, version=entry.version, requires=entry.dependencies)
        if name not in found and name in restated:
            found[name] = Metadata(name=name, version=entry.version)
    missing = {
        name: entry.origin for name, entry in entries.items() if name not in found and isinstance(entry.origin, Wheel)
    }
    if any(wheel.url is None for wheel in missing.values()):
        return None
    try:
        return found | reader.read_all(missing)
    except LayerActionError as error:
        if all(isinstance(each, DownloadError) for each in each_of(error)):
            return None
        raise


def _wrong_pythons(
    entries: Mapping[str, Entry], metadata: Mapping[str, Metadata], target: Target
) -> list[ResolutionError]:
    return [
        ResolutionError(
            f"{name} {entry.version} does not support Python {target.python}: "
            f"it requires Python {metadata[name].requires_python}.",
            location=entry.location,
            hint="Lock the layer for this runtime.",
        )
        for name, entry in entries.items()
        if name in metadata and not admits(metadata[name].requires_python, target)
    ]
