"""What threads take from C's allocator, and keep."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# glibc reserves 64 MiB, at a multiple of that, for each heap but the first
PROGRAM = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from layer_action.cli.heap import share_one_heap
if sys.argv[2] == "shared":
    share_one_heap()
together, kept = threading.Barrier(6), []
def work():
    together.wait()
    kept.append(bytearray(5000))
    together.wait()
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
starts = [int(line.partition("-")[0], 16) for line in open("/proc/self/maps") if " 00:00 0" in line]
print(sum(start % (64 << 20) == 0 for start in starts))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have one heap as it is")
@pytest.mark.parametrize("how", ["shared", "as it is"])
def test_threads_share_one_heap_instead_of_keeping_one_each(how: str) -> None:
    command = [sys.executable, "-I", "-c", PROGRAM, str(ROOT), how]
    heaps = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert (heaps == 0) == (how == "shared")
