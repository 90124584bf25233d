"""Each job starts a fresh container: what it does not find compiled, it compiles anew."""

import subprocess

import pytest

pytestmark = pytest.mark.container

# what a build loads late, besides the command line itself
_LATE = "import layer_action.cli.reading, layer_action.http, concurrent.futures.thread, ctypes, secrets"


def test_nothing_is_compiled_when_a_job_starts(image: str) -> None:
    command = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "/opt/app/bin/python", image]
    done = subprocess.run([*command, "-I", "-v", "-c", _LATE], capture_output=True, text=True, check=True)
    assert "import 'ctypes'" in done.stderr
    assert [
        line for line in done.stderr.splitlines() if line.startswith("# code object from") and ".pyc" not in line
    ] == []
