"""Hashes that lines of requirements demand: of everything where one is given at all, as with pip."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from layer_action.build.asking.asked import STRONG, Asked, Asking
from layer_action.build.sources.origin import Origin
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import LayerSpec
from layer_action.model.listing import listed
from layer_action.model.lock import LockedDistribution, Source, SourceKind, Wheel, way_to
from layer_action.model.target import Target
from layer_action.record import record

_MOST_NAMED: Final = 10
_USUAL: Final = "sha256"
_LOCK: Final = (
    "Let `uv pip compile --generate-hashes --universal --python-version {oldest}` or `pip-compile --generate-hashes "
    "--allow-unsafe` write them; or write a line `--no-require-hashes`: then only those that are given are compared."
)
_COMMIT: Final = "Of a git repository, its commit in the address is a hash: write `@` and its 40 digits."


@record
class Doubtful:
    """What may be the file that is demanded: only a hash of one of these kinds (`sha512`) tells."""

    origin: Wheel | Source
    kinds: frozenset[str]


def demanded_hashes(asking: Asking, target: Target) -> dict[str, frozenset[str]]:
    """Map names to the hashes that all their lines allow on a target; names without demands are left out."""
    found: dict[str, frozenset[str]] = {}
    for one in _with_hashes(asking, target):
        strong = frozenset(filter(STRONG.fullmatch, one.hashes))
        found[one.name] = found.get(one.name, strong) & strong
    return found


def hash_clashes(asking: Asking, target: Target) -> Iterator[ResolutionError]:
    """Yield one error for each name whose lines allow no hash together."""
    for name, allowed in demanded_hashes(asking, target).items():
        if not allowed:
            lines = [one.location for one in _with_hashes(asking, target) if one.name == name]
            error = ResolutionError(
                f"{listed(map(str, lines), most=_MOST_NAMED)} demand different hashes of {name}.",
                location=lines[0],
                hint="Keep those of the file that you trust.",
            )
            error.distribution = name
            yield error


def other_files(
    asking: Asking,
    target: Target,
    distributions: Mapping[str, LockedDistribution],
    local: Collection[str],
    hashed: Callable[[Mapping[str, Doubtful]], Mapping[str, frozenset[str]]],
) -> Iterator[ResolutionError]:
    """Yield one error for each file whose hash is none that its lines allow.

    `local` are those that no index has. `hashed` tells hashes of other kinds than sha256, as those lines write them.
    """
    demanded = demanded_hashes(asking, target)
    origins = {name: distributions[name].origin for name in demanded if name in distributions}
    doubtful = {
        name: Doubtful(origin=origin, kinds=frozenset(each.partition(":")[0] for each in demanded[name]) - {_USUAL})
        for name, origin in origins.items()
        if _identity(origin) not in demanded[name]
    }
    others = hashed({name: one for name, one in doubtful.items() if one.kinds})
    for name, one in doubtful.items():
        found = others.get(name, frozenset())
        if demanded[name].isdisjoint(found):
            actual = min(found, default=_identity(one.origin))
            is_wheel = isinstance(one.origin, Wheel) and name not in local
            yield ResolutionError(
                f"{one.origin.filename if is_wheel else f'The source of {name}'} has another hash than the requirement "
                f"demands: {actual}.",
                location=next(line.location for line in _with_hashes(asking, target) if line.name == name),
                hint="A folder of the repository needs none: remove it from that line."
                if isinstance(one.origin, Source) and one.origin.kind is SourceKind.DIRECTORY
                else f"If you trust the file, write `--hash={actual}` in that line.",
            )


def without_hash(
    asking: Asking,
    spec: LayerSpec,
    target: Target,
    names: Iterable[str],
    *,
    local: Mapping[str, Origin],
    required_by: Mapping[str, Iterable[str]],
) -> Iterator[ResolutionError]:
    """Yield one error for all names that have no hash, if any line demands hashes.

    What lies in the repository is as well known as the requirements are; so is a commit that they name.
    """
    if not demands_hashes(asking):
        return
    known = {name for name, origin in local.items() if _is_known(origin)}
    missing = set(names) - demanded_hashes(asking, target).keys() - known
    if not missing:
        return
    asked = {one.name: one.location for one in reversed(asking.requirements) if one.applies_to(target)}
    ways = {name: way_to(name, required_by, asked) for name in missing}
    lines = {name: asked[way[0]] for name, way in ways.items() if way}
    told = sorted(missing, key=lambda name: (*_place(lines.get(name)), name))
    first = lines.get(told[0])
    named = [_named(name, ways[name], lines.get(name), first) for name in told]
    has = "has" if len(told) == 1 else "have"
    of_git = any(_is_of_git(local[name]) for name in missing if name in local)
    yield ResolutionError(
        f"For {target}, {listed(named, most=_MOST_NAMED)} {has} no hash. {_why(asking)}",
        location=first,
        hint=_hint(spec, of_git=of_git),
    )


def demands_hashes(asking: Asking) -> bool:
    """Tell whether all that is taken must have a hash."""
    return bool(asking.hashes_required_at or asking.hashed_at) and not asking.hashes_optional_at


def _why(asking: Asking) -> str:
    if asking.hashes_required_at:
        return f"{asking.hashes_required_at} demands one of everything."
    return f"{asking.hashed_at} gives one, and then everything must have one."


def _hint(spec: LayerSpec, *, of_git: bool) -> str:
    lock = _LOCK.format(oldest=min(spec.targets, key=lambda each: each.python_version).python)
    return f"{lock}\n{_COMMIT}" if of_git else lock


def _with_hashes(asking: Asking, target: Target) -> list[Asked]:
    return [one for one in asking.all_lines() if one.hashes and one.applies_to(target)]


def _identity(origin: Wheel | Source) -> str:
    return f"{_USUAL}:{origin.sha256}" if isinstance(origin, Wheel) else origin.identity


def _is_known(origin: Origin) -> bool:
    """Tell whether nobody else can change what a name stands for."""
    source = origin.origin
    if isinstance(source, Wheel):
        return True  # a file of the repository
    if _is_of_git(origin):
        return source.identity == f"commit:{source.requested}"
    return "://" not in source.location


def _is_of_git(origin: Origin) -> bool:
    return isinstance(origin.origin, Source) and origin.origin.kind is SourceKind.VCS


def _place(location: Location | None) -> tuple[str, int]:
    return (location.file, location.line or 0) if location else ("", 0)


def _named(name: str, way: tuple[str, ...], line: Location | None, first: Location | None) -> str:
    """Return a name, who needs it, and its line where that is not the one which the error points at."""
    aside = [f"needed by {way[-2]}"] if len(way) > 1 else []
    aside += [str(line)] if line != first else []
    return f"{name} ({', '.join(aside)})" if aside else name
