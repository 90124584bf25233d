"""What is noticed after locking, told at the line of the user's that brings it in."""

from collections.abc import Mapping, Sequence

from layer_action.decide.way_in import placed, point
from layer_action.errors import LayerActionError, Location, each_of, located
from layer_action.model.layer import Finding, LayerContent, Severity
from layer_action.ports.services import Services


def pointed(services: Services, content: LayerContent, error: LayerActionError) -> LayerActionError:
    """Give the failures of a layer, each, the line that asks for what it is about; return them."""
    if any(problem.distribution for problem in each_of(error)):
        point(error, content.lock, _lines(services, content))
    return located(error, content.spec.location("requirements"))


def placed_all(services: Services, content: LayerContent, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return findings at the lines that ask for what they are about, if one of them is more than a notice."""
    if all(finding.severity is Severity.NOTICE or not finding.distribution for finding in findings):
        return findings
    lines = _lines(services, content)
    return [placed(finding, content.lock, lines) for finding in findings]


def _lines(services: Services, content: LayerContent) -> Mapping[str, Location]:
    try:
        return services.resolver.inputs(content.spec, services.repository.root).lines_for(content.targets)
    except LayerActionError:  # the files have changed since they were planned
        return {}
