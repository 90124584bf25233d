"""What a lock lacks: one error for each distribution that needs some of it."""

from collections.abc import Iterable, Sequence
from typing import Final

from layer_action.errors import Location, ResolutionError
from layer_action.model.listing import listed

_MOST_NAMED: Final = 10


class MissingError(ResolutionError):
    """A distribution needs what is not in the lock; `needs` are requirements without markers, `names` theirs."""

    def __init__(self, by: str, needs: Sequence[str], names: Sequence[str], where: Location | None) -> None:
        """Say so of `by`, which is its name and version, and what can be done."""
        is_one = len(needs) == 1
        provided = [*names[:_MOST_NAMED], *(["…"] if len(names) > _MOST_NAMED else [])]
        super().__init__(
            f"{by} needs {listed(needs, most=_MOST_NAMED)}, which {'is' if is_one else 'are'} not in the lock.",
            location=where,
            hint=f"Lock again, or write `provided: [{', '.join(provided)}]` if another layer or the runtime brings "
            f"{'it' if is_one else 'them'}, or the layer does without.",
        )
        self.by = by
        self.needs = needs
        self.names = names


def told_together(problems: Iterable[ResolutionError]) -> list[ResolutionError]:
    """Return problems in their order: all that one distribution misses is one, for it may be thousands."""
    found: dict[object, list[ResolutionError]] = {}
    for problem in problems:
        found.setdefault(problem.by if isinstance(problem, MissingError) else problem, []).append(problem)
    return [alike[0] if len(alike) == 1 else _as_one(alike) for alike in found.values()]


def _as_one(alike: Sequence[ResolutionError]) -> ResolutionError:
    missing = [each for each in alike if isinstance(each, MissingError)]
    needs = [need for each in missing for need in each.needs]
    names = [name for each in missing for name in each.names]
    one = MissingError(missing[0].by, needs, names, missing[0].location)
    one.distribution = missing[0].distribution
    return one
