"""Put functions back, the last one moved first."""

import threading
from collections.abc import Sequence

from layer_action.record import field, record
from layer_action.rollout.moves import put_back
from layer_action.rollout.parallel import in_parallel
from layer_action.rollout.run import Moved, Run


@record(frozen=False)
class Undone:
    """Function ARNs that are back, in the order in which they came back, and those that are not, with the reason.

    Of those that are back, `changed` holds the ones that we put back; on the others nothing of ours was left.
    """

    restored: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


def put_all_back(run: Run, moved: Sequence[Moved]) -> Undone:
    """Undo what this rollout did, in reverse order, as many at a time as it was done."""
    undone, lock = Undone(), threading.Lock()

    def work(one: Moved) -> None:
        arn = one.step.function.arn
        end = put_back(run, one)
        with lock:
            if end.lost:
                undone.lost[arn] = end.lost
                run.console.error(f"{arn} could not be put back: {end.lost}")
                return
            undone.restored.append(arn)
            if end.changed:
                undone.changed.append(arn)

    regions = len({one.step.function.region for one in moved})
    in_parallel(work, tuple(reversed(moved)), at_once=run.in_flight * max(regions, 1))
    return undone
