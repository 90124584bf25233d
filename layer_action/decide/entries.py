"""The entries of a function's list that a layer is about, and the versions ahead of each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from semver import Version

from layer_action.model.function import PinnedFunction
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.published import LayerArn
from layer_action.model.target import Target
from layer_action.record import field, record


@record
class Destination:
    """The newest version of one layer in one region: published already, or to be published by this plan.

    `version_arn` is None while it is still to be published. `known` maps AWS's numbers of the versions that we wrote to
    ours. `replaces` is the layer that this one was renamed from, in the same region, and `formerly` maps its numbers to
    our versions, where this one went on counting. `grew` says in words what made the layer larger, for the budget's
    finding.
    """

    spec: LayerSpec
    layer_name: str
    layer_arn: LayerArn
    version: Version
    version_arn: str | None
    targets: tuple[Target, ...]
    known: Mapping[int, Version] = field(default_factory=dict)
    replaces: LayerArn | None = None
    formerly: Mapping[int, Version] = field(default_factory=dict)
    lock: Lock | None = None
    grew: str = ""

    @property
    def number(self) -> int | None:
        """AWS's number of the version; None while it is still to be published."""
        split = LayerArn.of_version(self.version_arn) if self.version_arn else None
        return split[1] if split else None


@record
class Entry:
    """One entry of a function's list that a destination is about.

    `number` is None for the layer that it replaces; `former` is then the number of that one.
    """

    destination: Destination
    arn: str
    number: int | None
    former: int | None = None

    @property
    def version(self) -> Version | None:
        """Our version of it; None when we did not write it."""
        destination = self.destination
        return destination.known.get(self.number or 0) or destination.formerly.get(self.former or 0)


@record
class Candidate:
    """A version that an entry could move to; `version_arn` is None while it is still to be published."""

    version: Version
    version_arn: str | None


def entries_of(function: PinnedFunction, destinations: Sequence[Destination]) -> Iterator[Entry]:
    """Return the entries of a function's list that a destination is about, in the list's order.

    Of several zips that replace one layer, a function gets the one that it can use.
    """
    for arn in function.layer_arns:
        split = LayerArn.of_version(arn)
        if split is None:
            continue
        for destination in destinations:
            if split[0] == destination.layer_arn:
                yield Entry(destination=destination, arn=arn, number=split[1])
        replacing = [found for found in destinations if split[0] == found.replaces != found.layer_arn]
        if replacing:
            heir = next((found for found in replacing if _is_for(function, found.targets)), replacing[0])
            yield Entry(destination=heir, arn=arn, number=None, former=split[1])


def _is_for(function: PinnedFunction, targets: Iterable[Target]) -> bool:
    return any(
        (found.runtime, str(found.architecture)) == (function.runtime, function.architecture) for found in targets
    )


def candidates(entry: Entry) -> Iterator[Candidate]:
    """Return the versions ahead of an entry, the newest first: never one with a lower number, or a lower version."""
    destination, current = entry.destination, entry.version
    ahead = {number: version for number, version in destination.known.items() if version < destination.version}
    found = [
        (destination.version, destination.number, destination.version_arn),
        *((version, number, destination.layer_arn.version(number)) for number, version in ahead.items()),
    ]
    for version, number, version_arn in sorted(found, key=lambda item: (item[0], item[1] or 0), reverse=True):
        forward = entry.number is None or number is None or number > entry.number
        if forward and (current is None or version > current):
            yield Candidate(version=version, version_arn=version_arn)
