"""What patterns with wildcards mean, held against the meaning of each part by itself."""

import os
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.files.wildcards import matches

FILES = ["a", "b/a", "b/ab", "b/c/a", "b/c/b/a", "c/b/b/b", "ab/a/b", ".a/b", "node_modules/a", "b/__pycache__/a"]
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("tree"))


def plant(root: Path) -> Path:
    for file in FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def found(root: Path, pattern: str) -> list[str]:
    """Return what a pattern matches, relative to the folder."""
    groups = matches(str(root), pattern.split("/"))
    return [os.path.relpath(Path(folder, name), root) for folder, names in groups for name in names]


def means(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Tell whether a path matches, by the definition."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(means(pattern[1:], path[skipped:]) for skipped in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and means(pattern[1:], path[1:])


@given(parts=st.lists(st.sampled_from(["**", "*", "a", "b", "?", "[ab]*", ".*"]), min_size=1, max_size=5))
def test_each_file_that_matches_or_lies_in_a_folder_that_does_is_found_once(tree: Path, parts: list[str]) -> None:
    below = [path.split("/") for path in found(tree, "/".join(parts))]
    files = [file.split("/") for file in FILES if not {"node_modules", "__pycache__"} & set(file.split("/"))]
    meant = [file for file in files if any(means(parts, file[:depth]) for depth in range(len(file) + 1))]
    reached = [file for match in below for file in files if match in (["."], file[: len(match)])]
    assert sorted(reached) == sorted(meant)


def test_a_link_to_a_folder_is_followed_where_a_part_names_it_and_not_by_two_stars(tmp_path: Path) -> None:
    plant(tmp_path)
    (tmp_path / "c/link").symlink_to("../b")
    assert found(tmp_path, "c/l*/a") == ["c/link/a"]
    assert found(tmp_path, "c/**/a") == []
    assert found(tmp_path, "c/**/link/a") == ["c/link/a"]


def test_links_that_lead_to_themselves_match_by_their_names_alone(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    assert found(tmp_path, "*") == ["a"]
    assert found(tmp_path, "*/**/a") == []


@pytest.mark.parametrize("pattern", ["**.py", "a**/b", "***"])
def test_two_stars_are_a_part_of_their_own_on_every_python(tree: Path, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\*\*"):
        found(tree, pattern)


def test_a_folder_that_this_user_may_not_read_is_no_folder_without_matches(tmp_path: Path) -> None:
    plant(tmp_path)
    (tmp_path / "b/c").chmod(0)
    code = f"from layer_action.build.files.wildcards import matches; list(matches({str(tmp_path)!r}, ['**', 'a']))"
    command = [*WITHOUT_RIGHTS, sys.executable, "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, check=False)
    (tmp_path / "b/c").chmod(0o755)
    assert "PermissionError" in done.stderr
