"""What a resolve notices without failing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from layer_action.build.asking.asked import Asked, Asking, Unheeded
from layer_action.build.asking.settings import LOCK, OF_PIP_COMPILE, PDM, PIXI, REPLACED, UV, UV_TOML
from layer_action.build.resolving.closure import Graph, folder_of
from layer_action.build.sources.noticed import built_by_another
from layer_action.build.uv import Yanked
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.pep508 import readable
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import Finding, LayerSpec, Severity
from layer_action.model.lock import Lock, LockedDistribution, Source, Wheel, because, way_to
from layer_action.model.target import Target
from layer_action.record import replace

_HEEDING: Final = {
    UV: "Run `uv lock`, and name uv.lock as the layer's requirements: uv heeds it there.",
    UV_TOML: "Name what `uv lock` or `uv pip compile` writes as the layer's requirements: uv heeds it there.",
    REPLACED: f"Write it into {UV_TOML}: what that file does not say counts for uv neither.",
    LOCK: "Name it as the layer's requirements to have the versions that it pins.",
    PDM: "Name what `pdm export -f requirements` writes as the layer's requirements: PDM heeds it.",
    PIXI: "Write them as `dependencies` of [project], which pixi reads too.",
}
_OF_UV_PIP: Final = (
    "Write it into [tool.uv] of the layer's pyproject.toml, where it counts, or name what `uv pip compile` writes "
    "as the layer's requirements."
)
_WHERE: Final = {UV_TOML: f" of {UV_TOML}", REPLACED: f" of [{UV}], beside a {UV_TOML},", LOCK: ""}
_OF_BUILDS: Final = "Write what a build needs as `requires` of [build-system], where the project is of this repository."
_ONE: Final = 2  # what `Asked.decides` says of one version and no other
_QUOTED: Final = 200  # characters of a need that a finding repeats


def nothing_applies(asking: Asking, spec: LayerSpec, target: Target) -> Finding:
    """Say that a layer has no distributions on a target. Raises ResolutionError unless own files are what it is for."""
    first = asking.requirements[0].location if asking.requirements else spec.location("requirements")
    text = (
        f"No requirement of {spec.name} applies to {target}: the markers exclude all of them."
        if asking.requirements
        else f"{' and '.join(spec.requirements)} {'asks' if len(spec.requirements) == 1 else 'ask'} for nothing."
    )
    if not spec.include:
        raise ResolutionError(
            text, location=first, hint="Write a requirement, change the markers, or take the layer out of the config."
        )
    return Finding(severity=Severity.NOTICE, check="no-requirements", message=text, location=first, layer=spec.name)


def unheeded(asking: Asking, locked: Mapping[str, LockedDistribution], spec: LayerSpec) -> Iterator[Finding]:
    """Say which settings, that would lead to other versions or to other builds, count for nothing here."""
    builds = any(isinstance(found.origin, Source) for found in locked.values())
    pinned = all(one.decides == _ONE for one in asking.requirements)
    # a lock holds the versions that all other settings led to
    for each in (one for one in asking.unheeded if one.of_builds or not asking.locks):
        # uv heeded its uv.toml when it wrote the pins
        if (each.of_builds and not builds) or (each.table == UV_TOML and pinned and not each.of_builds):
            continue
        where = _WHERE.get(each.table, f" of [{each.table}]")
        yield Finding(
            severity=Severity.NOTICE if each.table == LOCK else Severity.WARNING,
            check="lock-not-named" if each.table == LOCK else "setting-not-heeded",
            message=f"`{each.key}`{where} does not count for {spec.name}.",
            ways_out=(_way_to_have(each),),
            location=each.location,
            layer=spec.name,
        )


def _way_to_have(setting: Unheeded) -> str:
    if setting.of_builds:
        return _OF_BUILDS
    return _OF_UV_PIP if setting.key in OF_PIP_COMPILE else _HEEDING[setting.table]


def of_the_index(asking: Asking, locked: Mapping[str, LockedDistribution], spec: LayerSpec) -> Iterator[Finding]:
    """Say that a layer gets of the index what is called as a project of its own whose dependencies it asks for."""
    asked = {one.name for one in asking.requirements}
    for name, file in asking.projects.items():
        if (found := locked.get(name)) and name not in asked and isinstance(found.origin, Wheel):
            yield Finding(
                severity=Severity.WARNING,
                check="own-name",
                distribution=name,
                message=f"{spec.name} gets {name} {found.version} of the index, not the project of that name: what it "
                "depends on needs that.",
                ways_out=(
                    f"Ask for the project itself in a requirements file of the layer: `{name} @ {folder_of(file)}`.",
                ),
                location=Location(file),
                layer=spec.name,
            )


def withdrawn(yanked: Yanked, asking: Asking, spec: LayerSpec) -> Finding:
    """Say that a pinned version was yanked."""
    why = f": {yanked.reason.rstrip('.')}" if yanked.reason else ""
    return Finding(
        severity=Severity.WARNING,
        check="yanked",
        message=f"{yanked.name} {yanked.version} was withdrawn by its authors{why}.",
        ways_out=(f"Ask for another version of {yanked.name}.",),
        location=asking.lines().get(canonicalize_name(yanked.name)),
        layer=spec.name,
    )


def gone_back(
    asking: Asking,
    kept: Mapping[str, str],
    distributions: Mapping[str, LockedDistribution],
    required_by: Mapping[str, Iterable[str]],
    spec: LayerSpec,
) -> Iterator[Finding]:
    """Say which versions were to stay, went back instead, and no line of their own forced them to.

    A requirement that rises can leave only an old version of another that suits all the rest, which may be years old.
    """
    lines = asking.lines()
    for name, before in kept.items():
        found = distributions.get(name)
        if found and _is_older(found.version, before) and asking.allows(name, before):
            which = "which its own line does not ask for" if name in lines else "which no line asks for"
            way = way_to(name, required_by, lines)
            yield Finding(
                severity=Severity.NOTICE,
                check="gone-back",
                message=f"{name} goes back from {before} to {found.version}, {which}.{because(way)}",
                ways_out=(f"Ask for `{name}>={before}` if it must not: then what holds it back moves, or is named.",),
                location=lines[way[0]] if way else None,
                layer=spec.name,
            )


def _is_older(version: str, before: str) -> bool:
    try:
        return Version(version) < Version(before)
    except InvalidVersion:
        return False


def unknown_extras(
    asked: Iterable[Asked], graph: Graph, distributions: Mapping[str, LockedDistribution], spec: LayerSpec
) -> Iterator[Finding]:
    """Say which extras nobody knows: what they should bring is not in the layer."""
    for one in asked:
        metadata, found = graph.metadata.get(one.name), distributions.get(one.name)
        known = {canonicalize_name(extra) for extra in metadata.extras} if metadata else one.extras
        for extra in sorted(one.extras - known):
            # old metadata have no list of extras
            if found and not graph.needs(one.name, extra):
                yield Finding(
                    severity=Severity.WARNING,
                    check="unknown-extra",
                    message=f"{found.name} {found.version} has no extra {extra}.",
                    ways_out=(f"It has {', '.join(sorted(known))}." if known else f"Remove `[{extra}]`.",),
                    location=one.location,
                    layer=spec.name,
                )


def unreadable_needs(
    metadata: Mapping[str, Metadata], lines: Mapping[str, Location], spec: LayerSpec
) -> Iterator[Finding]:
    """Say what distributions of a lock need in words that no tool reads: whether it is there, nobody knows."""
    for name, found in metadata.items():
        for text in found.requires:
            if readable(text) is None:
                yield Finding(
                    severity=Severity.WARNING,
                    check="unreadable-requirement",
                    message=f"{name} {found.version} needs `{text[:_QUOTED]}`, which is no requirement: "
                    "it is passed over.",
                    ways_out=(f"See that what it means is in the lock, or lock another version of {name}.",),
                    location=lines.get(name),
                    layer=spec.name,
                )


def lock_behind(names: Sequence[str], file: str, location: Location, spec: LayerSpec) -> Finding:
    """Say that a project asks for other things than when it was locked: `location` is where it asks for them."""
    return Finding(
        severity=Severity.WARNING,
        check="lock-behind",
        message=f"{file} is older than its pyproject.toml, which now asks otherwise for {', '.join(names)}.",
        ways_out=("Run `uv lock`, and commit the result.",),
        location=location,
        layer=spec.name,
    )


def told_by_others(
    metadata: Mapping[str, Metadata], lock: Lock, lines: Mapping[str, Location], spec: LayerSpec
) -> Iterator[Finding]:
    """Say which sources were asked for their needs by another Python than the one that will run them."""
    for found in lock.distributions:
        if (told := metadata.get(found.name)) and told.told_by:
            finding = built_by_another(found, told.told_by, lock.target)
            yield replace(finding, location=lines.get(found.name), layer=spec.name)


def unchecked(spec: LayerSpec) -> Finding:
    """Say that a lock was taken, so far, without the closure check."""
    return Finding(
        severity=Severity.NOTICE,
        check="closure-unchecked",
        message=f"Whether the lock of {spec.name} is complete shows once its wheels are here: "
        "the package index does not answer.",
        location=spec.location("requirements"),
        layer=spec.name,
    )
