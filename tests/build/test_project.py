"""What a project states of itself, whoever wrote it."""

import os
import subprocess
from pathlib import Path

import pytest

from layer_action.build.asking.project import read_pyproject_of, static_metadata

STATED = '[project]\nname = "shop"\n'


def test_a_pyproject_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(STATED)
    assert read_pyproject_of(tmp_path) == {"project": {"name": "shop"}}


@pytest.mark.parametrize("dynamic", ['["version"]', '[["version"]]', '"version"', "{}"])
def test_what_a_build_decides_or_nobody_can_tell_is_not_static(tmp_path: Path, dynamic: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'{STATED}version = "1"\ndynamic = {dynamic}\n')
    assert static_metadata(tmp_path) is None


def test_a_pipe_that_calls_itself_pyproject_is_none_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")
    with subprocess.Popen(["sh", "-c", f"printf '%s' '{STATED}' > pyproject.toml"], cwd=tmp_path) as writing:
        found = read_pyproject_of(tmp_path)
        writing.kill()
    assert found == {}


def test_a_pyproject_larger_than_any_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(STATED + "#" * (4 << 20))
    assert read_pyproject_of(tmp_path) == {}
