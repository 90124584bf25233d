"""Plan and roll out against the stand-in that the environment names: a process of its own, so that its memory counts.

`python move_functions.py FOLDER FUNCTIONS` prints one JSON line: functions moved, peak memory in MiB, an error or "".
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from layer_action.rollout.apply import ApplyOptions
from layer_action.wiring import SystemClock
from tests.aws.shop import Run, Shape


class _RealTime(Run):
    """A run whose clock is the real one."""

    def __init__(self, shape: Shape, folder: Path) -> None:
        """Take the place of the clock that tests hold still."""
        super().__init__(os.environ, shape, "1.1.0", folder)
        self.stage.clock = SystemClock()  # type: ignore[assignment]


def main() -> None:
    """Move all functions of the stand-in onto a new version."""
    run = _RealTime(Shape(functions=int(sys.argv[2])), Path(sys.argv[1]))
    outcome = run.publish(in_flight=ApplyOptions().in_flight)
    print(json.dumps({"moved": len(outcome.moved), "error": str(outcome.error or ""), "peak": _peak()}))


def _peak() -> float:
    """Return the most memory that this program had, in MiB; what its parent had when it forked is not in it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


if __name__ == "__main__":
    main()
