"""The memory that a build takes, in a process of its own."""

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from layer_action.build.wheels.wheel import reading
from layer_action.formats.zipdir import read_directory
from tests.build.shelf import Shelf, tree
from tests.standins.wheels import Extra


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


MEMORY = """
import pickle, sys
from pathlib import Path
from layer_action.cli.heap import share_one_heap
from tests.build.shelf import Shelf
share_one_heap()  # as a run does
folder = Path(sys.argv[1])
Shelf(folder=folder).build(pickle.loads((folder / "content").read_bytes()))
# not ru_maxrss: a child inherits that of its parent
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""


@pytest.mark.parametrize("verified_before", [True, False])
def test_memory_stays_flat_however_large_the_layer_is(shelf: Shelf, verified_before: bool) -> None:
    block = os.urandom(1 << 20)
    shelf.add("big", {f"big/{n}.so": b"\x7fELF" + block * 16 for n in range(5)}, extra=Extra(stored=["big/0.so"]))
    if verified_before:
        shelf.build()
    assert peak(shelf) < 40 << 10


def peak(shelf: Shelf) -> int:
    """Build the shelf's layer in a process of its own; return its most memory in KiB."""
    (shelf.folder / "content").write_bytes(pickle.dumps(shelf.content()))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(shelf.folder)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return int(done.stdout)


def test_memory_hardly_grows_with_the_count_and_length_of_names(shelf: Shelf) -> None:
    for name in ("one", "two", "three", "four", "five"):
        shelf.add(name, {f"{name}/{'a_long_name_' * 17}{number}.py": "" for number in range(11_900)})
    assert peak(shelf) < 40 << 10


def test_a_layer_of_more_files_than_a_plain_zip_counts_is_read_back(shelf: Shelf) -> None:
    for name in ("one", "two"):
        shelf.add(name, {f"{name}/{number}.py": str(number) for number in range(32_998)})
    assert peak(shelf) < 40 << 10
    path = shelf.folder / "out/shelf.zip"
    assert shelf.measured().zipped == path.stat().st_size
    with path.open("rb") as file, reading(path) as (read, size):
        members = read_directory(read, size)
        names = zipfile.ZipFile(file).namelist()
    assert len(names) == 66_003  # with METADATA, WHEEL and RECORD of both, and the lock
    assert [member.name for member in members] == names
    assert tree(path)["two/32997.py"] == b"32997"
