"""Open files: many are allowed where the machine lets them be, and a lack of them is told as one."""

import os
import pickle
import resource
import subprocess
import sys
from pathlib import Path

from tests.build.shelf import Shelf

ROOT = Path(__file__).parents[2]
RAISED = """
import resource
from layer_action.cli.open_files import open_many_files
open_many_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], end="")
"""
BUILD = """
import pickle, sys
from pathlib import Path
from layer_action.errors import LayerActionError
from tests.build.shelf import Shelf
folder = Path(sys.argv[1])
try:
    Shelf(folder=folder).build(pickle.loads((folder / "content").read_bytes()))
except LayerActionError as error:
    print(error)
"""


def limited(limit: str, *arguments: str) -> str:
    """Run Python under a limit of the shell; return what it says."""
    command = ["sh", "-c", f'{limit} && exec "$@"', "sh", sys.executable, "-c", *arguments]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def test_as_many_files_are_allowed_as_the_machine_lets_be() -> None:
    assert limited("ulimit -n 200 && ulimit -S -n 40", RAISED) == "200"
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert limited("ulimit -S -n 40", RAISED) == str(4096 if most == resource.RLIM_INFINITY else min(4096, most))


def test_a_build_that_may_open_too_few_files_says_so(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    for number in range(40):
        shelf.add(f"wheel{number}", {f"wheel{number}.py": ""})
    shelf.build()
    (tmp_path / "content").write_bytes(pickle.dumps(shelf.content()))
    said = limited("ulimit -n 30", BUILD, str(tmp_path))
    assert "lets the run open no more files: Too many open files" in said
