"""Whether a uv.lock is what its pyproject.toml asks for now, as far as a layer's targets are concerned."""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from layer_action.build.asking.project import with_extra
from layer_action.build.files.toml import array, table, tables
from layer_action.build.resolving.markers import holds
from layer_action.build.resolving.uv_graph import own_package
from layer_action.build.wheels.pep508 import readable
from layer_action.model.target import Target

# what has a source of its own is locked without its specifier
_SOURCES: Final = frozenset({"editable", "directory", "path", "url", "git", "virtual"})

_Line: TypeAlias = tuple[str, Requirement]
"""A group, "" for none, and what is asked for there; that of an extra says so in its marker."""
_Wish: TypeAlias = tuple[str, str, str, frozenset[str], SpecifierSet]
"""A group, an extra, and the name, extras and versions that they ask for on some target."""


def behind(lock: str, pyproject: str, targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the names for which a uv.lock is not what its pyproject.toml asks for on some target, sorted."""
    was, now = tomllib.loads(lock), tomllib.loads(pyproject)
    dynamic = array(table(now, "project").get("dynamic"))
    if "dependencies" in dynamic or "optional-dependencies" in dynamic:
        return ()
    rows = list(_locked(was))
    sourced = {str(row["name"]) for _, row in rows if _SOURCES & row.keys()}
    before = [(group, _requirement(row)) for group, row in rows]
    after = list(_asked(now))
    if table(now, "tool", "uv", "dependency-groups"):
        # groups with a Python of their own: uv has written it into their lines
        before, after = ([line for line in lines if not line[0]] for lines in (before, after))
    extras = {"", *table(own_package(was), "optional-dependencies"), *_extras(now)}
    found: set[_Wish] = set()
    for target in targets:
        found |= _wishes(before, extras, sourced, target) ^ _wishes(after, extras, sourced, target)
    return tuple(sorted({name for _, _, name, _, _ in found}))


def _wishes(lines: Iterable[_Line], extras: Iterable[str], sourced: Collection[str], target: Target) -> set[_Wish]:
    found: set[_Wish] = set()
    for group, asked in lines:
        name = canonicalize_name(asked.name)
        specifier = SpecifierSet() if name in sourced else asked.specifier
        more = frozenset(map(canonicalize_name, asked.extras))
        for extra in [""] if _holds(asked, "", target) else extras:
            if _holds(asked, extra, target):
                found.add((group, extra, name, more, specifier))
    return found


def _holds(asked: Requirement, extra: str, target: Target) -> bool:
    return asked.marker is None or holds(asked.marker, target.marker_environment | {"extra": extra})


def _locked(document: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what was asked for when the lock was made, each with its group."""
    metadata = table(own_package(document), "metadata")
    yield from (("", row) for row in tables(metadata.get("requires-dist")))
    # a workspace that is no project has its groups elsewhere
    groups = table(metadata, "requires-dev") or table(document, "manifest", "dependency-groups")
    yield from ((group, row) for group, rows in groups.items() for row in tables(rows))


def _requirement(row: Mapping[str, object]) -> Requirement:
    extras = ",".join(map(str, array(row.get("extras"))))
    marker = f" ; {row['marker']}" if "marker" in row else ""
    return Requirement(f"{row['name']}[{extras}]{row.get('specifier', '')}{marker}")


def _asked(document: Mapping[str, object]) -> Iterator[_Line]:
    """Yield what is asked for now; what cannot be read is for uv to say."""
    project, uv = table(document, "project"), table(document, "tool", "uv")
    texts = [("", str(text)) for text in array(project.get("dependencies"))]
    for extra, lines in table(project, "optional-dependencies").items():
        texts += [("", with_extra(str(text), extra)) for text in array(lines)]
    groups: Mapping[str, Sequence[object]] = {
        canonicalize_name(name): array(lines) for name, lines in table(document, "dependency-groups").items()
    }
    texts += [(group, text) for group in groups for text in _in_group(group, groups, ())]
    texts += [("dev", str(text)) for text in array(uv.get("dev-dependencies"))]
    for group, text in texts:
        if asked := readable(text):
            yield group, asked


def _in_group(name: str, groups: Mapping[str, Sequence[object]], above: tuple[str, ...]) -> Iterator[str]:
    for member in groups.get(name, ()) if name not in above else ():
        if isinstance(member, dict):
            yield from _in_group(canonicalize_name(str(member.get("include-group"))), groups, (*above, name))
        else:
            yield str(member)


def _extras(document: Mapping[str, object]) -> set[str]:
    return set(map(canonicalize_name, table(document, "project", "optional-dependencies")))
