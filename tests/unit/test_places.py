"""Files of the repository that cannot be read."""

import errno
from pathlib import Path

import pytest

from layer_action.build.files.places import reading_below
from layer_action.errors import ConfigError, Location


def refused(path: Path) -> PermissionError:
    return PermissionError(errno.EACCES, "Permission denied", str(path))


def test_a_file_that_this_user_may_not_read_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught, reading_below(tmp_path):
        raise refused(tmp_path / "src" / "cart.py")
    assert caught.value.message == "src/cart.py cannot be read: Permission denied."
    assert caught.value.location == Location("src/cart.py")


def test_what_is_elsewhere_is_no_file_of_the_repository(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), reading_below(tmp_path / "shop"):
        raise refused(tmp_path / "cache")
