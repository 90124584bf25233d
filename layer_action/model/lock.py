"""A lock: the exact wheels of one target."""

import hashlib
import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from layer_action.model.target import Target
from layer_action.record import record, replace


@record
class Wheel:
    """One wheel file.

    `sha256` is 64 hex digits, `size` the bytes that somebody told. `url` (https: or file:) is None when only name and
    hash are known, as in the lock that a published layer carries.
    """

    filename: str
    sha256: str
    size: int | None = None
    url: str | None = None


class SourceKind(StrEnum):
    """What a distribution is built from when it has no wheel."""

    DIRECTORY = "directory"
    SDIST = "sdist"
    VCS = "vcs"


@record
class Source:
    """Source code that becomes a wheel.

    `location` is a path below the repository (directory), an URL (sdist) or `git+https://…` (vcs). `identity` is what
    the digest counts: `tree:<sha256>`, `sha256:<hex>` or `commit:<hex>`, never the hash of the built wheel. The project
    may lie in a `subdirectory` of that. `requested` is the branch or tag that named the commit, HEAD where none did.
    """

    kind: SourceKind
    location: str
    identity: str
    subdirectory: str = ""
    requested: str = ""

    @property
    def project(self) -> str:
        """What makes the project the same one again: its repository, or archive, may hold several."""
        return f"{self.identity}#{self.subdirectory}" if self.subdirectory else self.identity

    @property
    def filename(self) -> str:
        """What a file or folder about the project is called in a cache."""
        name = self.identity.replace(":", "-")
        return f"{name}-{hashlib.sha256(self.subdirectory.encode()).hexdigest()}" if self.subdirectory else name


@record
class LockedDistribution:
    """One distribution at one version.

    `name` is normalised (PEP 503). `origin` is the wheel itself, or the source it will be built from. `direct` tells
    that a requirement of the layer names it; `required_by` names the distributions that need it, sorted. `extras` are
    those that are wanted of it. What it needs may be `believed`: a lock or a source tells it, and nobody has
    asked the wheel.
    """

    name: str
    version: str
    origin: Wheel | Source
    direct: bool = False
    required_by: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    believed: bool = False

    @property
    def identity(self) -> str:
        """What makes this distribution the same one again."""
        match self.origin:
            case Wheel(sha256=sha256):
                return f"sha256:{sha256}"
            case Source() as source:
                return source.project


@record
class Lock:
    """The distributions of a layer on one target, sorted by name.

    What others need of the `overridden` names does not count: whoever made the lock decided otherwise. With
    `untold_overrides` nobody knows which ones these are.
    """

    target: Target
    distributions: tuple[LockedDistribution, ...]
    overridden: tuple[str, ...] = ()
    untold_overrides: bool = False

    @property
    def required_by(self) -> dict[str, tuple[str, ...]]:
        """Who needs each distribution, by name."""
        return {found.name: found.required_by for found in self.distributions}

    def get(self, name: str) -> LockedDistribution | None:
        """Return the distribution of that normalised name, if the lock holds it."""
        return next((d for d in self.distributions if d.name == name), None)

    def sized(self, sizes: Mapping[str, int]) -> "Lock":
        """Return one that tells these sizes of its wheels, by name, whatever it was told of them."""

        def told(found: LockedDistribution) -> LockedDistribution:
            if not isinstance(found.origin, Wheel) or found.origin.size == sizes.get(found.name, found.origin.size):
                return found
            return replace(found, origin=replace(found.origin, size=sizes[found.name]))

        return replace(self, distributions=tuple(map(told, self.distributions)))

    def gone_without(self, names: Collection[str]) -> frozenset[str]:
        """Return what the lock would lose without those names: they, and what nothing else in it needs."""
        needs: dict[str, list[str]] = {}
        for found in self.distributions:
            for by in found.required_by:
                needs.setdefault(by, []).append(found.name)
        others = [found.name for found in self.distributions if found.direct and found.name not in names]
        return _reached(names, needs) - _reached(others, {**needs, **dict.fromkeys(names, ())}) | frozenset(names)


@record
class DistributionChange:
    """One row of the difference between two locks; `before` or `after` is None when added or removed."""

    name: str
    before: str | None
    after: str | None
    direct: bool
    required_by: tuple[str, ...] = ()


LockDiff: TypeAlias = tuple[DistributionChange, ...]


def _reached(starts: Iterable[str], needs: Mapping[str, Iterable[str]]) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(starts)
    while waiting:
        if (name := waiting.pop()) not in reached:
            reached.add(name)
            waiting.extend(needs.get(name, ()))
    return frozenset(reached)


def way_to(name: str, required_by: Mapping[str, Iterable[str]], starts: Container[str]) -> tuple[str, ...]:
    """Return the shortest way from one of the starts to a distribution that it needs, both included; () if none."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for way in ways:  # it grows: nearer ones come first
        if way[0] in starts:
            return way
        for by in required_by.get(way[0], ()):
            if by not in seen:
                seen.add(by)
                ways.append((by, *way))
    return ()


def because(way: Sequence[str]) -> str:
    """Return a sentence on such a way, to be appended to another; "" where a distribution is asked for itself."""
    return f" It is in the layer because of {' → '.join(way)}." if len(way) > 1 else ""


def normalised_name(name: str) -> str:
    """Normalise a name as PEP 503 does; `packaging.utils` would cost 30 ms of start-up."""
    return re.sub(r"[-_.]+", "-", name).lower()
