"""How much memory a whole `build --all` takes, from requirements to a zip: our own process, and uv beside it.

Each layer is alone in a repository; cold asks the index and downloads, warm finds all in the caches of the run before.
"""

from pathlib import Path
from typing import Final

from benchmarks.requirements import Layer
from benchmarks.workloads import WORKLOADS

NAME: Final = "memory"


def run(base: Path, rounds: int) -> None:
    """Measure each workload, and print a table."""
    print(f"\nMemory of a build from requirements, MiB: largest of {rounds} rounds")
    print(f"  {'':12} {'cold':>6} {'warm':>6} {'uv':>6}")
    for name, lines in WORKLOADS.items():
        folder = base / NAME / name
        folder.mkdir(parents=True)
        layer = Layer.make(folder, name, "\n".join(lines) + "\n", {})
        cold = [layer.run("build", "--all", cold=True) for _ in range(rounds)]
        warm = [layer.run("build", "--all") for _ in range(rounds)]
        peaks = (max(each.own for each in cold), max(each.own for each in warm), max(each.beside for each in cold))
        print("  " + f"{name:12}" + "".join(f"{peak:7.1f}" for peak in peaks), flush=True)
