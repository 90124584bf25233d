"""The package as `pipx` and `uvx` install it, built from this tree."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from layer_action import __version__

pytestmark = pytest.mark.index

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of a copy of what a checkout holds: without what was built or cached beside it."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / "layer_action", source / "layer_action", ignore=shutil.ignore_patterns("__pycache__"))
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(source)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PIP_CONFIG_FILE": os.devnull},
    )
    assert built.returncode == 0, built.stderr
    return next(out.glob("*.whl"))


def test_the_package_has_the_version_that_the_program_tells(wheel: Path) -> None:
    assert wheel.name == f"lambda_layer_action-{__version__}-py3-none-any.whl"


def test_the_package_holds_every_file_of_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = (path for path in (ROOT / "layer_action").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert held == {path.relative_to(ROOT).as_posix() for path in ours}


def test_the_package_brings_the_command(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    [entry_points] = tmp_path.glob("*.dist-info/entry_points.txt")
    assert "lambda-layer-action = layer_action.cli.main:console" in entry_points.read_text()
