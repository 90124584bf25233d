"""Which line of the user's brings a distribution into a layer, and by way of whom."""

from collections.abc import Mapping, Sequence

from layer_action.errors import LayerActionError, Location, each_of
from layer_action.model.layer import Finding
from layer_action.model.lock import Lock
from layer_action.record import replace


def way_in(name: str, lock: Lock, lines: Mapping[str, Location]) -> tuple[str, ...]:
    """Return the shortest way from a requirement that has a line to a distribution, both included; () if none does."""
    ways: list[tuple[str, ...]] = [(name,)]
    seen = {name}
    for way in ways:  # it grows: nearer ones come first
        if way[0] in lines:
            return way
        found = lock.get(way[0])
        for by in found.required_by if found else ():
            if by not in seen:
                seen.add(by)
                ways.append((by, *way))
    return ()


def placed(finding: Finding, lock: Lock, lines: Mapping[str, Location]) -> Finding:
    """Return a finding about a distribution at the line that asks for it, with who needs it."""
    way = way_in(finding.distribution, lock, lines)
    return replace(finding, location=lines[way[0]], message=finding.message + _because(way)) if way else finding


def point(error: LayerActionError, lock: Lock, lines: Mapping[str, Location]) -> None:
    """Give an error about a distribution, or each of several, the line that asks for it, and say who needs it."""
    for problem in each_of(error):
        if problem.location is not None or not problem.distribution:
            continue
        way = way_in(problem.distribution, lock, lines)
        if way:
            problem.location = lines[way[0]]
        problem.message += _because(way)


def _because(way: Sequence[str]) -> str:
    return f" It is in the layer because of {' → '.join(way)}." if len(way) > 1 else ""
