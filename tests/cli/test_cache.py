"""Where wheels are kept, when the place cannot be had."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.door import Door

ROOT = Path(__file__).parents[2]
# root may write anywhere, unless this right is taken away
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []


def build_with_a_cache_to_read(door: Door) -> subprocess.CompletedProcess[str]:
    """Run `build --all` where nothing can be written to the cache."""
    cache = Path(door.env["INPUT_CACHE-DIR"])
    cache.mkdir(exist_ok=True)
    for folder in (cache, *(path for path in cache.rglob("*") if path.is_dir())):
        folder.chmod(0o555)
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from layer_action.cli.main import console; console()"
    command = [*WITHOUT_RIGHTS, sys.executable, "-c", program, str(ROOT), "build", "--all"]
    try:
        return subprocess.run(command, env=door.env, cwd=door.root, check=False, capture_output=True, text=True)
    finally:
        for path in (cache, *cache.rglob("*")):
            path.chmod(0o755)


@pytest.mark.skipif(bool(WITHOUT_RIGHTS) and not shutil.which("setpriv"), reason="root may write anywhere")
def test_a_warm_cache_that_can_only_be_read_is_read(door: Door) -> None:
    assert door.run("build", "--all").code == 0
    note = next(Path(door.env["INPUT_CACHE-DIR"]).rglob("verified"))
    note.write_text("of another machine", encoding="utf-8")
    ran = build_with_a_cache_to_read(door)
    assert ran.returncode == 0, ran.stderr
    assert "parcel.zip" in ran.stdout


def test_a_folder_where_a_wheel_is_kept_is_told(door: Door) -> None:
    assert door.run("build", "--all").code == 0
    cache = Path(door.env["INPUT_CACHE-DIR"])
    wheel = next(cache.rglob("*.whl"))
    wheel.unlink()
    wheel.mkdir()
    ran = door.run("build", "--all")
    assert ran.code == 3
    said = " ".join(ran.said.split())
    assert "parcel-1.0.0-py3-none-any.whl cannot be kept in the cache: Is a directory." in said
    assert f"remove {wheel.relative_to(cache)}" in said


def test_a_cache_that_cannot_be_used_is_a_wrong_input_and_no_layers_problem(door: Door) -> None:
    ran = door.run("build", "--cache-dir", ".github/lambda-layers.yml/cache")
    assert (ran.code, ran.places) == (2, ["input cache-dir"])
    assert "Not a directory" in ran.err


def test_a_cache_of_which_a_part_cannot_be_used_is_a_wrong_input(door: Door) -> None:
    cache = door.folder / "cache"
    cache.mkdir()
    (cache / "metadata").write_text("somebody's file", encoding="utf-8")
    ran = door.run("build", "--cache-dir", str(cache))
    assert (ran.code, ran.places) == (2, ["input cache-dir"])
    assert "metadata is no folder" in ran.err


def test_a_user_without_a_home_has_a_cache_for_the_run(door: Door) -> None:
    homeless = {name: value for name, value in door.env.items() if name != "INPUT_CACHE-DIR"}
    nowhere = door.folder / "nobody"
    nowhere.write_text("a file, so that no folder can be made below it", encoding="utf-8")
    door.env = homeless | {"HOME": str(nowhere)}
    ran = door.run("build", "--all")
    assert ran.code == 0, ran.said
    assert "parcel.zip" in ran.out


def test_a_cache_says_that_it_is_one(door: Door) -> None:
    assert door.run("build", "--all").code == 0
    tag = Path(door.env["INPUT_CACHE-DIR"]) / "CACHEDIR.TAG"
    assert tag.read_text(encoding="ascii").startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
