"""Moving many functions: the time it takes beside the least that our call budget allows.

`python -m benchmarks.rollout [--functions N] [--seconds D]` starts the strict stand-in of the tests with AWS's own
pacing (15 calls a second, 100 for GetFunction) and updates that take D seconds. The floor is N updates at our 10 calls
a second, and D for the first function and again for the last: see `aws/pacing.py`. Planning is told apart.
"""

import argparse
import math
import resource
import tempfile
from pathlib import Path
from typing import Final

from layer_action.rollout.apply import ApplyOptions
from layer_action.wiring import SystemClock
from tests.aws.shop import Run, Shape, furnish
from tests.fakes import Stage
from tests.standins.aws.server import StrictAws, strict_aws

_OURS: Final = 10.0
_PAGE: Final = 50


class _RealTime(Run):
    """A run whose clock is the real one."""

    def __init__(self, aws: StrictAws, shape: Shape, version: str, folder: Path) -> None:
        super().__init__(aws.env(), shape, version, folder)
        self.stage = Stage(builder=self.stage.builder)
        self.stage.clock = SystemClock()  # type: ignore[assignment]


def main() -> None:
    """Read the command line, run, and print one line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollout", description=__doc__)
    parser.add_argument("--functions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long Lambda takes for one update")
    arguments = parser.parse_args()
    shape = Shape(functions=arguments.functions)
    with tempfile.TemporaryDirectory() as folder, strict_aws() as aws:
        furnish(aws, shape, Path(folder))
        aws.world.limits.shared_rate, aws.world.limits.get_function_rate = 15, 100
        aws.world.update_seconds = arguments.seconds
        aws.forget_calls()
        run = _RealTime(aws, shape, "1.1.0", Path(folder))
        begun = aws.world.clock()
        outcome = run.publish(in_flight=ApplyOptions().in_flight)
        ended = aws.world.clock()
        calls = aws.calls
    pages = math.ceil(arguments.functions / _PAGE)
    published = next(call.at for call in calls if call.operation == "PublishLayerVersion")
    throttled = sum(call.outcome == "TooManyRequestsException" for call in calls)
    floor = arguments.functions / _OURS + 2 * arguments.seconds
    moving = ended - published
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(outcome.moved)} of {arguments.functions} functions, error: {outcome.error}\n"
        f"planned in {published - begun:.1f} s: {pages} pages, a read of each function\n"
        f"moved in {moving:.1f} s; the floor is {floor:.1f} s ({moving / floor:.2f} x)\n"
        f"{throttled} calls throttled; {peak:.0f} MiB with the stand-in"
    )


if __name__ == "__main__":
    main()
