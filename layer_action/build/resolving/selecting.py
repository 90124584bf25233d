"""From uv's answer to one file a distribution: the wheel that a target loads best, or what lies in the repository."""

from collections.abc import Mapping

from packaging.pylock import Pylock

from layer_action.build.sources.origin import Origin
from layer_action.build.wheels.select import Misfit, WrongHash, choose_wheel
from layer_action.model.lock import LockedDistribution, Wheel
from layer_action.model.target import Target
from layer_action.record import field, record


@record
class Selection:
    """Distributions by name, those of which the target loads no wheel, and those whose wheel has a wrong hash."""

    distributions: dict[str, LockedDistribution] = field(default_factory=dict)
    misfits: list[Misfit] = field(default_factory=list)
    wrong: list[WrongHash] = field(default_factory=list)


def select(
    answer: Pylock, target: Target, *, origins: Mapping[str, Origin], demanded: Mapping[str, frozenset[str]]
) -> Selection:
    """Choose a wheel of each distribution that has no origin; `demanded` are hashes, by name."""
    found = Selection()
    for package in answer.packages:
        name = package.name
        if origin := origins.get(name):
            found.distributions[name] = LockedDistribution(
                name=name, version=origin.metadata.version, origin=origin.origin
            )
            continue
        match choose_wheel(package, target, demanded.get(name, frozenset())):
            case Wheel() as wheel:
                locked = LockedDistribution(name=name, version=str(package.version), origin=wheel)
                found.distributions[name] = locked
            case Misfit() as misfit:
                found.misfits.append(misfit)
            case WrongHash() as other:
                found.wrong.append(other)
    return found
