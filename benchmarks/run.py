"""Print all benchmarks: `python -m benchmarks.run [WORKLOAD …] [--rounds N] [--functions N …]`."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import memory, requirements, review, rollout, splice, unchanged
from benchmarks.workloads import WORKLOADS

_SECTIONS = (requirements.NAME, memory.NAME, unchanged.NAME, review.NAME, rollout.NAME)
_ALL = (*WORKLOADS, *_SECTIONS)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep wheels and caches here (default: a temporary folder)")
    parser.add_argument("--functions", type=int, nargs="+", default=[200], help="how many the rollout moves")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", default=[], help=", ".join(_ALL))
    arguments = parser.parse_args()
    names = arguments.workloads or list(_ALL)
    with tempfile.TemporaryDirectory(prefix="lambda-layer-benchmark-") as temporary:
        if layers := [name for name in names if name not in _SECTIONS]:
            splice.run(arguments.folder or Path(temporary), arguments.rounds, layers)
        if requirements.NAME in names:
            requirements.run(Path(temporary), arguments.rounds)
        if memory.NAME in names:
            memory.run(Path(temporary), arguments.rounds)
        if unchanged.NAME in names:
            unchanged.run(Path(temporary), 5 * arguments.rounds)
        if review.NAME in names:
            review.run(Path(temporary), arguments.rounds)
        if rollout.NAME in names:
            rollout.run(Path(temporary), rollout.SECONDS, arguments.functions)


if __name__ == "__main__":
    main()
