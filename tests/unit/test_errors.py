"""Errors: what of them is one, and whom they blame."""

import errno

from layer_action.errors import BuildError, Location, Problems, concerning, each_of
from layer_action.exhausted import exhausted


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
