"""Which files of a folder hold what a layer is to have."""

from pathlib import Path

import pytest

from layer_action.requirement_files import asking_in

NAMES = ("uv.lock", "pyproject.toml", "requirements.txt")


@pytest.mark.parametrize(
    ("pyproject", "found"),
    [
        ('[project]\nname = "a"\ndependencies = ["six"]\n', ["pyproject.toml", "requirements.txt"]),
        ("[tool.black]\nline-length = 100\n", ["requirements.txt"]),
        ('[dependency-groups]\ndev = ["moto"]\n', ["requirements.txt"]),
        ('[project]\nname = "a"\ndynamic = ["dependencies"]\n', ["requirements.txt"]),
        ("no TOML", ["pyproject.toml", "requirements.txt"]),
    ],
)
def test_a_pyproject_that_asks_for_nothing_gives_way_to_others(
    tmp_path: Path, pyproject: str, found: list[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(pyproject)
    assert asking_in(tmp_path, NAMES) == ["pyproject.toml"]
    (tmp_path / "requirements.txt").write_text("six\n")
    assert asking_in(tmp_path, NAMES) == found
