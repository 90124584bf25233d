"""What a project states of itself, whoever wrote it."""

import os
import subprocess
from pathlib import Path

import pytest

from layer_action.build.asking.project import project_name, read_pyproject_of, static_metadata
from layer_action.build.asking.projects import with_nested
from layer_action.errors import ConfigError, Location
from tests.build.workshop import read

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


@pytest.mark.parametrize(("said", "name"), [('module = "shop"', "shop"), ('module = "m"\ndist-name = "Shop"', "Shop")])
def test_a_project_for_an_old_flit_is_called_as_that_says(tmp_path: Path, said: str, name: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.flit.metadata]\n{said}\n")
    assert project_name(tmp_path) == name


@pytest.mark.parametrize("version", ["1.2-final.x", "not a version", ""])
def test_a_version_that_is_none_is_told_at_its_line(tmp_path: Path, version: str) -> None:
    files = {"a.txt": "./libs/shop\n", "libs/shop/pyproject.toml": f'{STATED}version = "{version}"\n'}
    asking = read(tmp_path, dict(files), requirements=("a.txt",))
    with pytest.raises(ConfigError, match="is no version") as caught:
        with_nested(asking.all_lines(), tmp_path)
    assert caught.value.location == Location("libs/shop/pyproject.toml", 3)


@pytest.mark.parametrize("line", ["shop @ file:./libs#subdirectory=shop", "file:./libs#egg=shop&subdirectory=shop"])
def test_a_project_in_a_folder_of_an_url_is_the_one_that_is_meant(tmp_path: Path, line: str) -> None:
    files = {"a.txt": f"{line}\n", "libs/shop/pyproject.toml": STATED}
    [asked] = read(tmp_path, dict(files), requirements=("a.txt",)).requirements
    assert (asked.name, asked.path) == ("shop", "libs/shop")
