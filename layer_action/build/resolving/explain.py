"""Why there is no lock, in words that name a line of the user's: uv's proof, and what our own selection refused."""

from collections.abc import Collection, Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.spelling import distribution_of
from layer_action.build.refusals import NoSolutionError
from layer_action.build.resolving.proof import advice, is_refused, names_in, needed_by, plain, unknown_version
from layer_action.build.resolving.releases import Releases
from layer_action.build.sources.origin import allowing, may_build
from layer_action.build.wheels.fit import fits
from layer_action.build.wheels.offered import offered, taken
from layer_action.build.wheels.select import Misfit, WrongHash
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import because
from layer_action.model.target import RUNTIMES, Target
from layer_action.record import record, replace


class NoWheelError(ResolutionError):
    """A distribution has no wheel for the target; its source code may be another way."""


class RefusedIndexError(ResolutionError):
    """The index wants a login: of no name it can be said that it is not there."""


@record
class Reason:
    """Why a wheel is missing: what its index holds (None where that is not known), and uv's proof.

    `way` leads from a direct requirement to it, where that is known.
    """

    releases: Releases | None
    proof: str
    way: tuple[str, ...] = ()


def no_solution(
    error: NoSolutionError, asking: Asking, spec: LayerSpec, target: Target, known: Collection[str] = ()
) -> ResolutionError:
    """Return uv's proof with the lines of the direct requirements in it. `known` are names that were locked before."""
    kind = RefusedIndexError if is_refused(error) else ResolutionError
    said = plain(error.reason, spec.name)
    return kind(
        f"{spec.name} cannot be resolved for {target}: {said}.{_lines_of(error.reason, asking)}",
        location=line_in(error.reason, asking, spec),
        hint=advice(error, asking, known),
    )


def _lines_of(proof: str, asking: Asking) -> str:
    """Say where the requirements of a proof stand, if not all on one line."""
    stated = [one for name in names_in(proof) for one in asking.all_lines() if one.name == name]
    places = {str(one.location): one.name for one in stated}
    if len(places) <= 1:
        return ""
    return f" See {', '.join(f'{place} ({name})' for place, name in places.items())}."


def no_such_version(
    error: NoSolutionError, asking: Asking, spec: LayerSpec, target: Target, releases: Releases | None
) -> ResolutionError:
    """Return uv's proof, and which versions there are instead."""
    problem = no_solution(error, asking, spec, target)
    local = next((one for one in _pins(unknown_version(error), asking) if "+" in one), "")
    if local and releases and releases.versions:
        problem.hint = _of_another_index(unknown_version(error), local, releases.versions)
    elif releases and releases.versions:
        fitting = releases.fitting(target)
        newest = fitting[-1] if fitting else releases.versions[-1]
        name, which = unknown_version(error), "the newest that fits" if fitting else "its newest"
        # what is there, and yet not for this layer, is asked for from elsewhere too
        if f"{name}=={newest}" not in error.reason:
            problem.hint = f"Of {name}, {which} is {newest}. {problem.hint}"
    return problem


def _pins(name: str, asking: Asking) -> Iterator[str]:
    for one in asking.all_lines():
        if one.name == name:
            yield from (each.version for each in one.requirement.specifier)


def _of_another_index(name: str, local: str, versions: Sequence[Version]) -> str:
    """Say what to do about a version such as `2.2+cu121`, which the usual index does not take."""
    public = local.partition("+")[0]
    has_public = public in map(str, versions)
    instead = f"`{name}=={public}`" if has_public else f"another version: {versions[-1]} is the newest"
    return (
        f"{local} is a build that its makers' own index has: name that by `--extra-index-url` and write "
        f"`index-options: allow` in the layer's config, or ask for {instead}."
    )


def all_withdrawn(
    name: str, versions: Sequence[Version], error: NoSolutionError, asking: Asking, spec: LayerSpec
) -> ResolutionError:
    """Return that nothing of a name is left but what its authors withdrew: uv passes over that, unless it is pinned."""
    which = f"{versions[0]} to {versions[-1]} were" if len(versions) > 1 else f"{versions[0]} was"
    return ResolutionError(
        f"{name} {which} withdrawn by the authors, and {spec.name} allows no other version.",
        location=line_in(f"{name} {error.reason}", asking, spec),
        hint=f"Ask for another version, or for exactly `{name}=={versions[-1]}` to have it all the same.",
    )


def no_wheel(misfit: Misfit, asking: Asking, spec: LayerSpec, target: Target, reason: Reason) -> NoWheelError:
    """Return what a version offers, what the target needs, and the versions that have it."""
    which = f"{misfit.name} {misfit.version}".strip()
    for_others = offered(misfit.tags) or ", ".join(misfit.seen)
    has = f"Its wheels are for {for_others}." if for_others else "It has source code only."
    lines, way = asking.lines(), reason.way
    who = needed_by(misfit.name, reason.proof) if misfit.name not in lines and not way else ""
    known = replace(reason, way=(who, misfit.name)) if who else reason
    error = NoWheelError(
        f"{which} has no wheel that fits {target}. {has}" + (f" {who} needs it." if who else because(way)),
        location=lines.get(way[0] if way else canonicalize_name(who))
        or line_in(f"{misfit.name} {reason.proof}", asking, spec),
        hint="\n".join(_ways_to_a_wheel(misfit, target, known, spec)),
    )
    error.distribution = misfit.name
    return error


def _ways_to_a_wheel(misfit: Misfit, target: Target, reason: Reason, spec: LayerSpec) -> Iterator[str]:
    """Yield lines that say the same to as many targets as can be: they are told once for all of them."""
    releases = reason.releases
    is_asked_for = len(reason.way) <= 1
    if is_asked_for and (instead := distribution_of(misfit.name)):
        yield instead
        if not misfit.has_wheels:
            return  # its code is that of somebody who took the name
    if misfit.has_wheels:
        yield taken(target)
    fitting = releases.fitting(target) if releases else []
    has_source = not misfit.has_wheels or bool(releases and releases.has_source(misfit.version))
    if fitting:
        yield _another(misfit, fitting, "" if is_asked_for else reason.way[0])
    elif releases and misfit.tags:
        yield _without_any(misfit, has_source=has_source)
    elif misfit.seen:
        yield "Ask for another version, or another runtime."
    if newer := next(_newer_runtimes(misfit, target), None):
        yield f"{newer.runtime} takes a wheel of {misfit.version}: its glibc is {'.'.join(map(str, newer.glibc))}."
    if has_source and may_build(spec, misfit.name, local=False):  # what an address gives that another project names
        yield f"It may be built: write its address into the layer's requirements, as `{misfit.name} @ git+https://…`."
    elif has_source:
        yield f"To run its code and build it, write `{allowing(spec, misfit.name)}`."


def _another(misfit: Misfit, fitting: Sequence[Version], asking: str) -> str:
    """Say which versions fit: what others need is theirs to allow, and nobody means an old pre-release."""
    newest = fitting[-1]
    if newest.is_prerelease and not _is_prerelease(misfit.version):
        return f"Pre-releases alone have a wheel that fits, such as {newest}."
    above = [version for version in fitting if _is_above(version, misfit.version)]
    following = f" The next one after {misfit.version} is {above[0]}." if above and above[0] != newest else ""
    ask = f"a version of {asking} that allows it" if asking else f"`{misfit.name}=={newest}`"
    return f"The newest version with a wheel that fits is {newest}: ask for {ask}.{following}"


def _newer_runtimes(misfit: Misfit, target: Target) -> Iterator[Target]:
    """Yield the targets whose Linux is newer, and that load a wheel of the version."""
    for name, runtime in RUNTIMES.items():
        newer = replace(target, runtime=name)
        if runtime.glibc > target.glibc and any(fits(f"{misfit.name}-0-{tag}.whl", newer) for tag in misfit.tags):
            yield newer


def _without_any(misfit: Misfit, *, has_source: bool) -> str:
    """Say what to do about a name of which no version ever fits."""
    if not has_source and all(tag.rpartition("-")[2].startswith("win") for tag in misfit.tags):
        return "It is for Windows alone: leave it out of the layer, or write `; sys_platform == 'win32'` after it."
    return "No version has one: ask its authors, or leave it out of the layer."


def _is_above(version: Version, asked: str) -> bool:
    try:
        return version > Version(asked)
    except InvalidVersion:
        return False


def _is_prerelease(version: str) -> bool:
    try:
        return Version(version).is_prerelease
    except InvalidVersion:
        return False


def wrong_python(asked: tuple[str, str], requires: str, asking: Asking, target: Target) -> ResolutionError:
    """Return that the Requires-Python of a (name, version) excludes the target."""
    name, version = asked
    return ResolutionError(
        f"{name} {version} does not support Python {target.python}: it requires Python {requires}.",
        location=asking.lines().get(name),
        hint=f"Ask for another version of {name}, or another runtime.",
    )


def wrong_hash(wrong: WrongHash, asking: Asking, spec: LayerSpec) -> ResolutionError:
    """Return that the hashes of a requirement are not those of the wheel."""
    wheel, line = wrong.wheel, line_in(wrong.name, asking, spec)
    return ResolutionError(
        f"{wheel.filename} has another hash than the requirement demands: sha256:{wheel.sha256}.",
        location=line,
        hint=f"If you trust the file, write `--hash=sha256:{wheel.sha256}` in that line.",
    )


def hash_of_source(wrong: WrongHash, problem: ResolutionError, spec: LayerSpec) -> NoWheelError:
    """Return that a hash is that of source code, though there is a wheel: what is taken by it must be built."""
    error = NoWheelError(
        f"The hash that is demanded of {wrong.name} {wrong.version} is that of its source code.",
        location=problem.location,
        hint=f"To run its code and build it, write `{allowing(spec, wrong.name)}`.\nOr take {wrong.wheel.filename}. "
        f"{problem.hint}",
    )
    error.distribution = wrong.name
    return error


def line_in(text: str, asking: Asking, spec: LayerSpec) -> Location | None:
    """Return the line of the first direct requirement that a text names, else where the config names the files."""
    lines = asking.lines()
    return next((lines[name] for name in names_in(text) if name in lines), spec.location("requirements"))
