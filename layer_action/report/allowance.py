"""How much a text may say: the longest version that stays below a limit wins, and says what it leaves out."""

from collections.abc import Callable
from typing import Final

from layer_action.record import record


@record
class Allowance:
    """How many of each thing a text shows; text is cut between rows and paragraphs, never inside one.

    `open_rows`: fold-outs start open while they hold no more package rows than this together.
    """

    layers: int = 100_000
    packages: int = 100_000
    functions: int = 100_000
    problems: int = 100_000
    problem_lines: int = 40
    open_rows: int = 15


# From everything to almost nothing. The last must fit into any limit that is met in practice.
_STEPS: Final = (
    Allowance(),
    Allowance(functions=400),
    Allowance(functions=100, packages=300),
    Allowance(functions=100, packages=100, problem_lines=20),
    Allowance(functions=50, packages=40, problem_lines=10),
    Allowance(functions=30, packages=20, problem_lines=10),
    Allowance(functions=20, packages=10, problems=100, problem_lines=5),
    Allowance(functions=10, packages=4, problems=50, problem_lines=3),
    Allowance(functions=5, packages=0, problems=30, problem_lines=0),
    Allowance(functions=0, packages=0, problems=20, problem_lines=0, layers=200),
    Allowance(functions=0, packages=0, problems=10, problem_lines=0, layers=50),
    Allowance(functions=0, packages=0, problems=3, problem_lines=0, layers=10),
    Allowance(functions=0, packages=0, problems=0, problem_lines=0, layers=0),
)


def fitting(render: Callable[[Allowance], str], limit: int, *, measure: Callable[[str], int]) -> str:
    """Return the fullest text whose measure is below `limit`; the shortest one when none is."""
    text = ""
    for allowance in _STEPS:
        text = render(allowance)
        if measure(text) < limit:
            break
    return text


def characters(text: str) -> int:
    """Count as GitHub's limits on comments and releases do at their strictest: in UTF-16 code units."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)  # noqa: PLR2004


def encoded(text: str) -> int:
    """Count bytes, as the step summary's limit does."""
    return len(text.encode("utf-8", "replace"))
