"""Which line of the user's brings a distribution into a layer, and by way of whom."""

from collections.abc import Mapping

from layer_action.errors import LayerActionError, Location, each_of
from layer_action.model.lock import Lock


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


def point(error: LayerActionError, lock: Lock, lines: Mapping[str, Location]) -> None:
    """Give an error about a distribution, or each of several, the line that asks for it, and say who needs it."""
    for problem in each_of(error):
        if problem.location is not None or not problem.distribution:
            continue
        way = way_in(problem.distribution, lock, lines)
        if way:
            problem.location = lines[way[0]]
        if len(way) > 1:
            problem.message += f" It is in the layer because of {' → '.join(way)}."
