"""Findings and failures as one list of problems, the worst first. Unescaped."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from layer_action.errors import LayerActionError, Location, Problems
from layer_action.model.layer import Finding, Severity
from layer_action.model.plan import Plan
from layer_action.record import record

ALIAS_LAGS: Final = "alias-lags"
_LONG: Final = 250  # characters that nobody reads in bold
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)
# A sentence ends before a capital or a name in backticks; versions and file names hold dots too.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])[ \t]+(?=[A-Z`])|\n")


@record
class Problem:
    """What happened in a sentence, the rest of the message, what to do, and where."""

    severity: Severity
    layer: str
    headline: str
    rest: str
    ways_out: tuple[str, ...]
    location: Location | None = None
    check: str = ""

    @property
    def subject(self) -> str:
        """The layer to name in front, "" where the message names it."""
        named = re.search(rf"(?<![\w-]){re.escape(self.layer)}(?![\w-])", f"{self.headline} {self.rest}")
        return "" if named else self.layer


def problems(plan: Plan) -> tuple[Problem, ...]:
    """Return failures and findings, errors first; equal findings (of several regions or targets) once."""
    failed = [found for failure in plan.failures for found in from_error(failure.error, layer=failure.spec.name)]
    found = list(dict.fromkeys([*failed, *(_from_finding(finding) for finding in plan.findings)]))
    return tuple(sorted(found, key=lambda problem: _ORDER.index(problem.severity)))


def count(found: Iterable[Problem], severity: Severity) -> int:
    """Return how many problems are of that severity."""
    return sum(1 for problem in found if problem.severity is severity)


def from_error(error: LayerActionError, *, layer: str = "") -> tuple[Problem, ...]:
    """Return the problems that an error tells of."""
    if isinstance(error, Problems):
        return tuple(problem for inner in error.problems for problem in from_error(inner, layer=layer))
    headline, rest = _split(error.message)
    return (
        Problem(
            severity=Severity.ERROR,
            layer=layer,
            headline=headline,
            rest=rest,
            ways_out=tuple(_each_way([error.hint])),
            location=error.location,
        ),
    )


def _from_finding(finding: Finding) -> Problem:
    headline, rest = _split(finding.message)
    return Problem(
        severity=finding.severity,
        layer=finding.layer,
        headline=headline,
        rest=rest,
        ways_out=tuple(_each_way(finding.ways_out)),
        location=finding.location,
        check=finding.check,
    )


def _each_way(hints: Iterable[str]) -> Iterator[str]:
    """Yield ways out: of a hint each sentence that has a line of its own; what is to be copied stays whole."""
    for hint in hints:
        lines = hint.splitlines()
        yield from lines if all(line.endswith(".") for line in lines) else [hint]


def _split(message: str) -> tuple[str, str]:
    """Return what happened, and the rest: what follows the first sentence, or the colon in a very long one."""
    headline, *rest = _SENTENCE_END.split(message.strip(), maxsplit=1)
    before, colon, after = headline.partition(": ")
    if len(headline) > _LONG and colon and len(before) <= _LONG:
        return f"{before}:", " ".join([after, *rest])
    return headline, rest[0] if rest else ""
