"""What the machine has no more of, told as that."""

import errno

import pytest

from layer_action.errors import ExhaustedError
from layer_action.exhausted import exhausted


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EMFILE, "ulimit -n 1024"),
        (errno.ENFILE, "ulimit -n"),
        (errno.EAGAIN, "--pids-limit"),
        (errno.ENOSPC, "Make room"),
    ],
)
def test_what_a_machine_has_no_more_of_is_told_with_the_way_out(number: int, said: str) -> None:
    error = exhausted(OSError(number, ""))
    assert isinstance(error, ExhaustedError)
    assert said in error.hint


def test_any_other_failure_is_not_the_machines() -> None:
    assert exhausted(OSError(errno.EACCES, "")) is exhausted(ValueError()) is None


def test_no_folder_for_temporary_files_is_told_as_such() -> None:
    error = exhausted(FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp', '/work']"))
    assert isinstance(error, ExhaustedError)
    assert "TMPDIR" in error.hint
