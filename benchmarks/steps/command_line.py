"""Step: the command line, which tells at its end how much memory its own process had, and the largest that it started.

The second is at least what ours had when it started that program: until then both are one.
"""

import atexit
import os
import resource
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))  # noqa: PTH100, PTH120

from layer_action.cli.main import console


def tell() -> None:
    """Say both peaks in MiB."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    beside = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"peaks: {own / 1024} {beside / 1024}", file=sys.stderr, flush=True)


atexit.register(tell)
console()
