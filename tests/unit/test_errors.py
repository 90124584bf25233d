"""Errors: what of them is one, and whom they blame."""

import errno

import pytest

from layer_action.errors import BuildError, ExhaustedError, Location, Problems, concerning, each_of, exhausted


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EMFILE, "ulimit -n 1024"), (errno.ENFILE, "ulimit -n"), (errno.ENOSPC, "Make room")]
)
def test_what_a_machine_has_no_more_of_is_told_with_the_way_out(number: int, said: str) -> None:
    error = exhausted(OSError(number, ""))
    assert isinstance(error, ExhaustedError)
    assert said in error.hint


def test_any_other_failure_is_not_the_machines() -> None:
    assert exhausted(OSError(errno.EACCES, "")) is exhausted(ValueError()) is None


def test_for_what_the_machine_lacks_no_distribution_is_to_blame() -> None:
    lacking = [exhausted(OSError(errno.EMFILE, "")) for _ in range(3)]
    found = Problems(concerning(error, name) for error, name in zip(lacking, "abc", strict=True) if error)
    assert [problem.distribution for problem in found.problems] == [""]


def test_what_reads_the_same_is_one_problem() -> None:
    here, there = (Location("requirements.txt", line) for line in (1, 2))
    found = Problems(
        [BuildError("No.", location=here), Problems([BuildError("No."), BuildError("No.", location=there)])]
    )
    again = Problems([*each_of(found), BuildError("No.", location=here)])
    assert [str(problem.location) for problem in again.problems] == ["requirements.txt:1", "None", "requirements.txt:2"]
