"""Moving many functions: the time it takes beside the least that our call budget allows.

`python -m benchmarks.rollout [--seconds D] [FUNCTIONS …]` starts the strict stand-in of the tests with AWS's own pacing
(15 calls a second, GetFunction 100 of its own) and updates that take D seconds, and lets a process of its own plan and
roll out.
The floor is what must go through our 10 calls a second: a page of ListFunctions for each 50 functions, an update for
each that moves. GetFunction, and the pauses at both ends while Lambda works, are not in it.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.splice import step
from tests.aws.shop import Shape, furnish
from tests.standins.aws.server import strict_aws

NAME: Final = "rollout"
SIZES: Final = (200, 2000)
SECONDS: Final = 2.0  # that Lambda takes for one update
_OURS: Final = 10.0  # calls a second
_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One rollout. Seconds; `moving` begins with the first update; `peak` is the program's memory in MiB."""

    functions: int
    planning: float
    moving: float
    throttled: int
    peak: float

    @property
    def floor(self) -> float:
        """The seconds that our calls take at least."""
        return (math.ceil(self.functions / _PAGE) + self.functions) / _OURS

    def row(self) -> str:
        """Return a line of the table."""
        whole = self.planning + self.moving
        return (
            f"{self.functions:>10,}{self.planning:>10.1f}{self.moving:>10.1f}{whole:>10.1f}{self.floor:>10.1f}"
            f"{self.moving * _OURS / self.functions:>10.2f}{whole / self.floor:>10.2f}"
            f"{self.throttled:>8}{self.peak:>9.0f}"
        )


def run(folder: Path, seconds: float, sizes: Sequence[int]) -> None:
    """Measure each size in turn, and print a table."""
    print(f"\nrollout: AWS's pacing, {seconds:g} s an update; seconds, and ratios to the least")
    titles = (" functions", "planning", "moving", "whole", "floor", "moving x", "whole x")
    print("".join(f"{title:>10}" for title in titles) + f"{'429s':>8}{'MiB':>9}", flush=True)
    for functions in sizes:
        print(_measured(folder, seconds, functions).row(), flush=True)


def _measured(folder: Path, seconds: float, functions: int) -> Measured:
    with strict_aws() as aws:
        furnish(aws, Shape(functions=functions), folder)
        aws.world.limits.shared_rate, aws.world.limits.get_function_rate = 15, 100
        aws.world.update_seconds = seconds
        aws.forget_calls()
        command = [*step("move_functions", folder), str(functions)]
        done = subprocess.run(command, env={**os.environ, **aws.env()}, check=False, capture_output=True, text=True)
        ended = aws.world.clock()
        calls = aws.calls
    told = json.loads(done.stdout) if done.returncode == 0 else {}
    if told.get("error") or told.get("moved") != functions:
        sys.exit(f"The rollout failed: {told or done.stderr}")
    moving = next(call.at for call in calls if call.operation == "UpdateFunctionConfiguration")
    return Measured(
        functions=functions,
        planning=moving - min(call.at for call in calls),
        moving=ended - moving,
        throttled=sum(call.outcome == "TooManyRequestsException" for call in calls),
        peak=told["peak"],
    )


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rollout", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long Lambda takes for one update")
    parser.add_argument("functions", nargs="*", type=int, default=SIZES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lambda-layer-benchmark-") as folder:
        run(Path(folder), arguments.seconds, arguments.functions)


if __name__ == "__main__":
    main()
