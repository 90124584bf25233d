"""What makes a folder of the repository the same again."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.files.tree import tree_hash

TREES = st.dictionaries(st.from_regex(r"[ab](/[cd])?", fullmatch=True), st.binary(max_size=3), min_size=1, max_size=4)


def plant(root: Path, files: dict[str, bytes]) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    for path, content in files.items():
        place = root / f"{path}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return root


@given(TREES, TREES)
def test_two_trees_are_the_same_only_if_their_files_are(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("trees")
    one = tree_hash(plant(root / "one", first), root=root)
    backwards = tree_hash(plant(root / "backwards", dict(reversed(first.items()))), root=root)
    other = tree_hash(plant(root / "other", second), root=root)
    assert one == backwards
    assert (one == other) == (first == second)


def test_only_the_owner_s_right_to_execute_counts(tmp_path: Path) -> None:
    root = plant(tmp_path / "tree", {"a": b"1"})
    first = tree_hash(root, root=root)
    (root / "a.py").chmod(0o600)
    os.utime(root / "a.py", (1, 1))
    assert tree_hash(root, root=root) == first
    (root / "a.py").chmod(0o700)
    assert tree_hash(root, root=root) != first


def test_what_tools_leave_behind_does_not_count(tmp_path: Path) -> None:
    root = plant(tmp_path / "tree", {"a": b"1"})
    first = tree_hash(root, root=root)
    left = ("__pycache__/a.pyc", ".git/HEAD", "build/lib/a.py", "dist/a.whl", "a.egg-info/PKG-INFO", ".venv/x")
    for path in (*left, ".lambda-layer-action/report.html"):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text("x")
    assert tree_hash(root, root=root) == first
    (root / "package/build").mkdir(parents=True)
    (root / "package/build/x.py").write_text("x")
    assert tree_hash(root, root=root) != first
