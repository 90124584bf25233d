"""Lines that contradict one another, whatever an index holds: told all at once, before anybody is asked."""

from collections.abc import Iterator, Sequence
from typing import Final

from packaging.version import Version

from layer_action.build.asking.asked import Asked, Asking
from layer_action.build.asking.requires_python import without_python
from layer_action.build.resolving.hashes import hash_clashes
from layer_action.errors import ResolutionError
from layer_action.model.target import Target

_MOST_TOLD: Final = 10  # lines


def clashes(asking: Asking, target: Target) -> list[ResolutionError]:
    """Return one error for each requirement whose lines allow no version or hash, each project for other Pythons."""
    stated: dict[str, list[Asked]] = {}
    for one in asking.requirements:
        if one.applies_to(target):
            stated.setdefault(one.name, []).append(one)
    for one in asking.constraints:
        if one.applies_to(target) and (lines := stated.get(one.name)):
            lines.append(one)
    decided = {one.name for one in asking.overrides}
    found = [clash for name, lines in stated.items() if name not in decided and (clash := _clash(lines))]
    hashes = hash_clashes(asking, target)
    return [*(_told(*clash) for clash in found), *hashes, *without_python(asking.requires_python, target)]


def _clash(stated: Sequence[Asked]) -> tuple[Asked, list[Asked]] | None:
    """Return the first pin among the lines of a name, and those that exclude it, if no pin pleases all of them."""
    if any(one.path or one.requirement.url for one in stated):
        return None  # their versions are not known yet
    pins = [(one, version) for one in stated for version in _pinned(one)]
    if not pins or any(all(_admits(one, version) for one in stated) for _, version in pins):
        return None
    first, version = pins[0]
    return first, [one for one in stated if not _admits(one, version)]


def _pinned(one: Asked) -> Iterator[Version]:
    for each in one.requirement.specifier:
        if each.operator == "==" and not each.version.endswith(".*"):
            yield Version(each.version)


def _admits(one: Asked, version: Version) -> bool:
    return one.requirement.specifier.contains(version, prereleases=True)


def _told(pin: Asked, others: Sequence[Asked]) -> ResolutionError:
    lines = [f"{one.name}{one.requirement.specifier} ({one.location})" for one in (pin, *others)]
    different = list(dict.fromkeys(lines))
    contradict = "contradicts itself" if len(different) == 1 else "contradict one another"
    told = [*different[:_MOST_TOLD], *([f"{len(different) - _MOST_TOLD} more"] if len(different) > _MOST_TOLD else [])]
    error = ResolutionError(
        f"{' and '.join(told)} {contradict}.",
        location=pin.location,
        hint=f"Keep one of them: whatever version of {pin.name} is taken, another line excludes it.",
    )
    error.distribution = pin.name
    return error
