"""Which line of the user's brings a distribution into a layer, and by way of whom."""

from collections.abc import Mapping

from layer_action.errors import LayerActionError, Location, each_of
from layer_action.model.layer import Finding
from layer_action.model.lock import Lock, because, way_to
from layer_action.record import replace


def placed(finding: Finding, lock: Lock, lines: Mapping[str, Location]) -> Finding:
    """Return a finding about a distribution at the line that asks for it, with who needs it."""
    way = way_to(finding.distribution, lock.required_by, lines)
    return replace(finding, location=lines[way[0]], message=finding.message + because(way)) if way else finding


def at_their_lines(error: LayerActionError, lines: Mapping[str, Location]) -> LayerActionError:
    """Give an error, or each of several, the line that asks for what it is about, where one does; return it."""
    for problem in each_of(error):
        problem.location = problem.location or lines.get(problem.distribution)
    return error


def point(error: LayerActionError, lock: Lock, lines: Mapping[str, Location]) -> None:
    """Give an error about a distribution, or each of several, the line that asks for it, and say who needs it."""
    for problem in each_of(error):
        if problem.location is not None or not problem.distribution:
            continue
        way = way_to(problem.distribution, lock.required_by, lines)
        if way:
            problem.location = lines[way[0]]
        problem.message += because(way)
