"""Who needs whom, as uv.lock tells it: no metadata has to be fetched."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from layer_action.build.files.toml import array, table, tables
from layer_action.build.resolving.closure import Root
from layer_action.build.resolving.markers import holds
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.model.target import Target
from layer_action.record import record

_HERE: Final = "."
# uv's names for what conflicts, of which many may hold at once: extra-3-app-gpu, group-3-app-dev, project-3-app
_CONFLICT: Final = re.compile(r"""extra (?P<operator>==|!=) (['"])(?P<name>(?:extra|group|project)-\d+-[^'"]+)\2""")
_TRUE: Final = "os_name != ''"
_FALSE: Final = "os_name == ''"


@record
class UvGraph:
    """What a uv.lock says beside its wheels.

    `metadata` maps (name, version) to what that needs; `overridden` names need not be what metadata asks for, nor be
    there; what is `restated` has other metadata by its owner's word. `project` is the name of the one beside the lock.
    """

    roots: tuple[Root, ...]
    metadata: Mapping[tuple[str, str], Metadata]
    overridden: frozenset[str]
    restated: frozenset[str]
    project: str


def read_uv_graph(text: str, *, target: Target, extras: Sequence[str], groups: Sequence[str]) -> UvGraph:
    """Read a uv.lock that uv itself has accepted. Roots are what the project beside it asks for on the target."""
    document = tomllib.loads(text)
    packages = tables(document.get("package"))
    project = own_package(document)
    wanted = [project.get("dependencies")]
    wanted += [table(project.get("optional-dependencies")).get(canonicalize_name(extra)) for extra in extras]
    wanted += [table(project.get("dev-dependencies")).get(canonicalize_name(group)) for group in groups]
    asked = [each for list_ in wanted for each in tables(list_)]
    chosen = frozenset(_chosen(project, extras, groups, asked))
    manifest = table(document.get("manifest"))
    overridden = [
        *(each.get("name") for each in tables(manifest.get("overrides"))),
        *array(manifest.get("excludes")),
        # of projects that are no package nothing is installed
        *(package["name"] for package in packages if "virtual" in table(package.get("source"))),
    ]
    told = {(str(package["name"]), str(package.get("version", ""))): _metadata(package, chosen) for package in packages}
    roots: dict[str, frozenset[str]] = {}
    for each in asked:
        if _applies(each, target, chosen):
            name = str(each["name"])
            roots[name] = roots.get(name, frozenset()) | frozenset(map(str, array(each.get("extra"))))
    return UvGraph(
        roots=tuple(Root(name=name, extras=more) for name, more in roots.items()),
        metadata=told,
        overridden=frozenset(canonicalize_name(name) for name in overridden if isinstance(name, str)),
        restated=frozenset(_restated(manifest, told)),
        project=str(project.get("name", "")),
    )


def _restated(manifest: Mapping[str, object], told: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the names whose needs are stated as a whole, or changed for them alone."""
    changed = [*tables(manifest.get("overrides")), *tables(manifest.get("excludes"))]
    stated = [*tables(manifest.get("dependency-metadata")), *(table(each.get("package")) for each in changed)]
    for each in stated:
        for name, version in told:
            if canonicalize_name(str(each.get("name"))) == name and each.get("version", version) == version:
                yield name


def own_package(document: Mapping[str, object]) -> Mapping[str, object]:
    """Return what a uv.lock says of the project beside it; nothing where that is no project, only a workspace."""
    found = (package for package in tables(document.get("package")) if _HERE in table(package.get("source")).values())
    return next(found, {})


def _chosen(
    project: Mapping[str, object],
    extras: Sequence[str],
    groups: Sequence[str],
    asked: Sequence[Mapping[str, object]],
) -> Iterator[str]:
    """Name as uv does what is chosen of the project, and what the project itself chooses of others."""
    own = str(project.get("name", ""))
    for name in (own, *(str(each["name"]) for each in asked)):
        yield f"project-{len(name)}-{name}"
    yield from (f"extra-{len(own)}-{own}-{canonicalize_name(extra)}" for extra in extras)
    yield from (f"group-{len(own)}-{own}-{canonicalize_name(group)}" for group in groups)
    for each in asked:
        name = str(each["name"])
        yield from (f"extra-{len(name)}-{name}-{extra}" for extra in array(each.get("extra")))


def _applies(dependency: Mapping[str, object], target: Target, chosen: frozenset[str]) -> bool:
    marker = dependency.get("marker")
    if not isinstance(marker, str):
        return True
    return holds(Marker(_decided(marker, chosen)), target.marker_environment | {"extra": ""})


def _decided(marker: str, chosen: frozenset[str]) -> str:
    """Return a marker in which what conflicts is decided: the rest of it is of the standard."""

    def truth(match: re.Match[str]) -> str:
        return _TRUE if (match["name"] in chosen) == (match["operator"] == "==") else _FALSE

    return _CONFLICT.sub(truth, marker)


def _metadata(package: Mapping[str, object], chosen: frozenset[str]) -> Metadata:
    optional = table(package.get("optional-dependencies"))
    return Metadata(
        name=str(package["name"]),
        version=str(package.get("version", "")),
        requires=(
            *(_requirement(each, "", chosen) for each in tables(package.get("dependencies"))),
            *(_requirement(each, extra, chosen) for extra, needed in optional.items() for each in tables(needed)),
        ),
        extras=tuple(optional),
    )


def _requirement(dependency: Mapping[str, object], extra: str, chosen: frozenset[str]) -> str:
    extras = ",".join(map(str, array(dependency.get("extra"))))
    conditions = [_decided(str(dependency["marker"]), chosen)] if "marker" in dependency else []
    conditions += [f'extra == "{extra}"'] if extra else []
    marker = " and ".join(f"({condition})" for condition in conditions)
    return f"{dependency['name']}{f'[{extras}]' if extras else ''}" + (f" ; {marker}" if marker else "")
