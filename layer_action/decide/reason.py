"""Why a layer is affected, in words, and the line of the repository that says so."""

from collections.abc import Collection, Mapping, Sequence
from heapq import merge
from itertools import groupby

from layer_action.decide.diff import described
from layer_action.errors import Location
from layer_action.model.layer import LayerContent
from layer_action.model.listing import NAMED, listed
from layer_action.model.lock import DistributionChange, Lock, LockDiff, normalised_name
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.plan import Reason


def reason_for(
    content: LayerContent,
    changes: LockDiff,
    *,
    lines: Mapping[str, Location],
    added: Collection[str] = (),
    dropped: Collection[str] = (),
    own_before: OwnFiles | None = None,
) -> Reason:
    """Return the most direct cause there is: a requirement, what it pulled in, a target, or own files.

    `lines` maps normalised names of direct requirements to their lines; `added` and `dropped` are runtimes and
    architectures; `own_before` are the own files before, None where nobody knows them.
    """
    if changes:
        return _because_of_changes(content, changes, lines)
    if added or dropped:
        words = [*(f"{word} added" for word in sorted(added)), *(f"{word} dropped" for word in sorted(dropped))]
        return located(listed(words), content.spec.location("runtimes"))
    if own_before is None:
        return located("own files or build options changed", content.spec.location("include"))
    if names := _own_files_that_differ(own_before, content.own_files):
        return located(f"own files changed: {listed(names)}", content.spec.location("include"))
    return located("build options changed", content.spec.location())


def located(text: str, location: Location | None) -> Reason:
    """Return a reason whose text ends with its `file:line`."""
    return Reason(text=f"{text}, {location}" if location else text, location=location)


def _because_of_changes(content: LayerContent, changes: LockDiff, lines: Mapping[str, Location]) -> Reason:
    provided = set(map(normalised_name, content.spec.provided))
    left = [change for change in changes if change.after is None and change.name in provided]
    direct = [change for change in changes if change.direct and change not in left]
    if direct:
        return _because_of_requirements(content, direct, lines)
    if left:
        return located(f"{listed(map(described, left))}, as `provided` says", content.spec.location("provided"))
    return _because_of_others(content, changes, lines)


def _because_of_requirements(
    content: LayerContent, changes: Sequence[DistributionChange], lines: Mapping[str, Location]
) -> Reason:
    """Those whose line is known come first: that is where the reader should look."""
    ordered = sorted(changes, key=lambda change: change.name not in lines)
    first, *more = dict.fromkeys(lines.get(change.name) for change in ordered[:NAMED])
    if first is None:
        return located(listed(map(described, ordered)), _requirements_file(content))
    places = [first, *(place.line if place.file == first.file else place for place in more if place)]
    return Reason(text=f"{listed(map(described, ordered))}, {listed(map(str, places))}", location=first)


def _because_of_others(content: LayerContent, changes: LockDiff, lines: Mapping[str, Location]) -> Reason:
    roots = [name for change in changes for name in _roots(change, content.lock)]
    needed_by = sorted(set(roots), key=lambda name: (-roots.count(name), name))
    named = (*(change.name for change in changes), *needed_by)
    location = next((lines[name] for name in named if name in lines), None) or _requirements_file(content)
    verb = "needs" if len(needed_by) == 1 else "need"
    why = f", which {listed(needed_by)} {verb}" if needed_by else ""
    return located(f"{listed(map(described, changes))}{why}", location)


def _roots(change: DistributionChange, lock: Lock) -> list[str]:
    """Return the direct distributions of the lock that need the changed one, however far up."""
    seen: set[str] = set()
    roots: set[str] = set()
    waiting = list(change.required_by)
    while waiting:
        name = waiting.pop()
        found = lock.get(name)
        if name in seen or found is None:
            continue
        seen.add(name)
        if found.direct:
            roots.add(name)
        waiting.extend(found.required_by)
    return sorted(roots)


def _requirements_file(content: LayerContent) -> Location | None:
    requirements = content.spec.requirements
    return Location(requirements[0]) if requirements else content.spec.location()


def _path(own: OwnFile) -> str:
    return own.path


def _own_files_that_differ(before: OwnFiles, after: OwnFiles) -> list[str]:
    """Return the places, below `python/`, of the own files that came, went or changed."""
    by_path = groupby(merge(before, after, key=_path), key=_path)
    facts = ((path, [(own.sha256, own.executable) for own in both]) for path, both in by_path)
    return [path.removeprefix("python/") for path, (one, *other) in facts if [one] != other]
