"""The folder of a build: the same at each time, and never another's."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.build.sources.workplace import workplace


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """Return where the source called as `tmp_path` is built."""
    with workplace(str(tmp_path)) as folder:
        (folder / "left").touch()
    assert not folder.exists()
    yield folder
    for path in (folder, lock_of(folder)):
        if path.is_symlink():
            path.unlink()


def lock_of(place: Path) -> Path:
    return place.with_suffix(".lock")


def test_a_source_has_one_place_which_is_empty_and_its_own(tmp_path: Path, place: Path) -> None:
    with workplace(str(tmp_path)) as again, workplace(f"{tmp_path} other") as other:
        assert again == place
        assert other != place
        assert list(again.iterdir()) == []
    assert not place.exists()
    assert not lock_of(place).exists()


def test_what_a_killed_run_left_is_removed(tmp_path: Path, place: Path) -> None:
    place.mkdir()
    (place / "left").touch()
    lock_of(place).touch()
    with workplace(str(tmp_path)) as again:
        assert again == place
        assert list(again.iterdir()) == []
    assert not place.exists()


def test_folders_nested_deeper_than_python_walks_are_removed(tmp_path: Path) -> None:
    with workplace(str(tmp_path)) as folder:
        handle = os.open(folder, os.O_RDONLY)
        for _ in range(1_200):
            os.mkdir("deep", dir_fd=handle)
            inner = os.open("deep", os.O_RDONLY, dir_fd=handle)
            os.close(handle)
            handle = inner
        os.close(handle)
    assert not folder.exists()


@pytest.mark.parametrize("is_lock", [True, False])
def test_a_link_of_that_name_is_left_alone(tmp_path: Path, place: Path, is_lock: bool) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (lock_of(place) if is_lock else place).symlink_to(victim)
    with workplace(str(tmp_path)) as other:
        assert other not in (place, victim)
        (other / "made").touch()
    assert list(victim.iterdir()) == []
