"""Print all benchmarks: `python -m benchmarks.run [--rounds N] [WORKLOAD …]`."""

import argparse
import tempfile
from pathlib import Path

from benchmarks import splice
from benchmarks.workloads import WORKLOADS


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep wheels and caches here (default: a temporary folder)")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", default=[], help=", ".join(WORKLOADS))
    arguments = parser.parse_args()
    names = arguments.workloads or list(WORKLOADS)
    with tempfile.TemporaryDirectory(prefix="lambda-layer-benchmark-") as temporary:
        splice.run(arguments.folder or Path(temporary), arguments.rounds, names)


if __name__ == "__main__":
    main()
