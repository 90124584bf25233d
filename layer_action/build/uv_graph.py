"""Who needs whom, as uv.lock tells it: no metadata has to be fetched."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from layer_action.build.closure import Root
from layer_action.build.project import Metadata
from layer_action.model.target import Target
from layer_action.record import record

_HERE = "."
_SOURCES = frozenset({"editable", "directory", "path", "url", "git", "virtual"})


@record
class UvGraph:
    """What a uv.lock says beside its wheels.

    `metadata` maps (name, version) to what that needs; `overridden` names need not be what metadata asks for.
    """

    roots: tuple[Root, ...]
    metadata: Mapping[tuple[str, str], Metadata]
    overridden: frozenset[str]


def read_uv_graph(text: str, *, target: Target, extras: Sequence[str], groups: Sequence[str]) -> UvGraph:
    """Read a uv.lock that uv itself has accepted. Roots are what the project beside it asks for on the target."""
    document = tomllib.loads(text)
    packages = _tables(document.get("package"))
    project = next((package for package in packages if _HERE in _values(package.get("source"))), {})
    wanted = [project.get("dependencies")]
    wanted += [_table(project.get("optional-dependencies")).get(canonicalize_name(extra)) for extra in extras]
    wanted += [_table(project.get("dev-dependencies")).get(canonicalize_name(group)) for group in groups]
    manifest = _table(document.get("manifest"))
    overridden = [*_tables(manifest.get("overrides")), *_tables(manifest.get("excludes"))]
    return UvGraph(
        roots=tuple(
            Root(name=str(each["name"]), extras=frozenset(map(str, _items(each.get("extra")))))
            for list_ in wanted
            for each in _tables(list_)
            if _applies(each, target)
        ),
        metadata={(str(package["name"]), str(package.get("version", ""))): _metadata(package) for package in packages},
        overridden=frozenset(canonicalize_name(str(each.get("name", ""))) for each in overridden),
    )


def _applies(dependency: Mapping[str, object], target: Target) -> bool:
    marker = dependency.get("marker")
    return not isinstance(marker, str) or Marker(marker).evaluate({**target.marker_environment, "extra": ""})


def behind(lock: str, pyproject: str) -> tuple[str, ...]:
    """Return the names for which a uv.lock is not what its pyproject.toml asks for now, sorted."""
    packages = _tables(tomllib.loads(lock).get("package"))
    project = _table(tomllib.loads(pyproject).get("project"))
    if "dependencies" in _items(project.get("dynamic")):
        return ()
    own = canonicalize_name(str(project.get("name", "")))
    locked = next((package for package in packages if _HERE in _values(package.get("source"))), {})
    before = _tables(_table(locked.get("metadata")).get("requires-dist"))
    # what has a source of its own is locked without its specifier
    sourced = {str(each.get("name")) for each in before if _SOURCES & each.keys()}
    was = {(str(each.get("name")), str(SpecifierSet(str(each.get("specifier", ""))))) for each in before}
    now = {(name, "" if name in sourced else specifier) for name, specifier in _asked(project)}
    return tuple(sorted({name for name, _ in was ^ now} - {own}))


def _asked(project: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    lists = [project.get("dependencies"), *_table(project.get("optional-dependencies")).values()]
    for line in (str(line) for list_ in lists for line in _items(list_)):
        with suppress(InvalidRequirement):
            requirement = Requirement(line)
            yield canonicalize_name(requirement.name), str(requirement.specifier)


def _metadata(package: Mapping[str, object]) -> Metadata:
    optional = _table(package.get("optional-dependencies"))
    return Metadata(
        name=str(package["name"]),
        version=str(package.get("version", "")),
        requires=(
            *(_requirement(each, "") for each in _tables(package.get("dependencies"))),
            *(_requirement(each, extra) for extra, needed in optional.items() for each in _tables(needed)),
        ),
        extras=tuple(optional),
    )


def _requirement(dependency: Mapping[str, object], extra: str) -> str:
    extras = ",".join(map(str, _items(dependency.get("extra"))))
    conditions = [str(dependency["marker"])] if "marker" in dependency else []
    conditions += [f'extra == "{extra}"'] if extra else []
    marker = " and ".join(f"({condition})" for condition in conditions)
    return f"{dependency['name']}{f'[{extras}]' if extras else ''}" + (f" ; {marker}" if marker else "")


def _tables(value: object) -> Sequence[Mapping[str, object]]:
    return [item for item in _items(value) if isinstance(item, dict)]


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _values(value: object) -> Iterator[object]:
    yield from _table(value).values()
