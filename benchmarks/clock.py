"""Time and memory of other programs."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

INSIDE: Final = "inside: "  # followed by seconds: what a step prints of its own work


class Sample(NamedTuple):
    """One run: seconds on the wall, seconds of CPU, and the peak memory in MiB (never below that of this process).

    `inside` are the seconds that a step of ours says its work took, without the start of its process; 0 for others.
    """

    wall: float
    cpu: float
    peak: float
    inside: float = 0.0

    def __add__(self, other: "Sample") -> "Sample":  # type: ignore[override]
        """Return the cost of one after the other."""
        return Sample(
            self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak), self.inside + other.inside
        )


def timed(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Sample:
    """Run a program to its end. Raises SystemExit with its output when it fails."""
    with (cwd / "log").open("wb") as log:
        begin = time.perf_counter()
        child = os.fork()
        if child == 0:
            os.chdir(cwd)
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            os.execvpe(command[0], list(command), dict(env))
        _, status, usage = os.wait4(child, 0)
        wall = time.perf_counter() - begin
    said = (cwd / "log").read_text(errors="replace")
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{said}")
    inside = float(said.removeprefix(INSIDE)) if said.startswith(INSIDE) else 0.0
    return Sample(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, inside)
