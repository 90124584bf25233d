"""Time and memory of other programs."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_CLOCKED: Final = Path(__file__).parent / "steps" / "clocked.py"
INSIDE: Final = "inside: "  # followed by seconds: what a step prints of its own work
PEAKS: Final = "peaks: "  # followed by MiB: its own, and that of the largest program that it ran
# A program's peak counts that of the process that it was forked from: so it is forked from one that is small.
_SMALL: Final = """\
import os, sys, time
begin = time.perf_counter()
child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    print(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, status, file=file)
"""


class Sample(NamedTuple):
    """One run: seconds on the wall, seconds of CPU, and the peak memory in MiB.

    `inside` are the seconds that a step of ours says its work took, without the start of its process; `own` and
    `beside` are the peaks of the command line's own process and of the largest program that it ran. 0 for others.
    """

    wall: float
    cpu: float
    peak: float
    inside: float = 0.0
    own: float = 0.0
    beside: float = 0.0

    def __add__(self, other: "Sample") -> "Sample":  # type: ignore[override]
        """Return the cost of one after the other."""
        return Sample(
            self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak), self.inside + other.inside
        )


def timed(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Sample:
    """Run a program to its end. Raises SystemExit with its output when it fails."""
    log = cwd / "log"
    clocked = [sys.executable, "-I", "-S", str(_CLOCKED), str(log), *command]
    done = subprocess.run(clocked, env=dict(env), cwd=cwd, check=False, capture_output=True, text=True)
    said = log.read_text(errors="replace")
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{said}{done.stderr}")
    wall, cpu, peak = map(float, done.stdout.split())
    inside = float(said.removeprefix(INSIDE)) if said.startswith(INSIDE) else 0.0
    own, beside = map(float, said.rpartition(PEAKS)[2].split()) if PEAKS in said else (0.0, 0.0)
    return Sample(wall, cpu, peak, inside, own, beside)
