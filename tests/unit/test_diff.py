"""What differs between two locks."""

from layer_action.decide.diff import described, diff, summary
from layer_action.model.lock import DistributionChange, Wheel
from layer_action.record import replace
from tests.factories import ARM_312, X86_312, make_distribution, make_lock


def test_equal_locks_do_not_differ() -> None:
    assert diff(make_lock(), make_lock()) == ()


def test_without_a_lock_before_everything_is_added() -> None:
    assert diff(None, make_lock({"requests": "2.32.3"})) == (
        DistributionChange(name="requests", before=None, after="2.32.3", direct=True),
    )


def test_direct_changes_come_first_and_each_part_by_name() -> None:
    before = make_lock([make_distribution("b", "1"), make_distribution("z", "1"), make_distribution("gone", "1")])
    after = make_lock(
        [
            make_distribution("z", "2"),
            make_distribution("b", "2"),
            make_distribution("a", "1", direct=False, required_by=("z",)),
        ]
    )
    rows = [(row.name, row.before, row.after) for row in diff(before, after)]
    assert rows == [("b", "1", "2"), ("gone", "1", None), ("z", "1", "2"), ("a", None, "1")]


def test_another_wheel_of_the_same_version_is_a_change() -> None:
    other = Wheel(filename="a-1.0.0-py3-none-any.whl", sha256="f" * 64)
    changes = diff(make_lock({"a": "1.0.0"}), make_lock([make_distribution("a", origin=other)]))
    assert [described(change) for change in changes] == ["a 1.0.0 (other content)"]
    assert summary(changes) == "a 1.0.0 rebuilt"


def test_another_target_is_no_change_of_its_distributions() -> None:
    other = Wheel(filename="a-1.0.0-py3-none-any.whl", sha256="f" * 64)
    before = make_lock({"a": "1.0.0"}, target=X86_312)
    assert diff(before, make_lock([make_distribution("a", origin=other)], target=ARM_312)) == ()


def test_a_lock_without_hashes_differs_by_versions_only() -> None:
    names_only = make_distribution("a", origin=Wheel(filename="a.dist-info", sha256=""), direct=False)
    assert diff(make_lock([names_only]), make_lock({"a": "1.0.0"})) == ()


def test_what_a_lock_without_roots_lost_may_have_been_direct() -> None:
    names_only = [make_distribution(name, direct=False) for name in ("a", "b")]
    changes = diff(make_lock(names_only), make_lock({"a": "1.0.0"}))
    assert [(change.name, change.direct) for change in changes] == [("b", True)]


def test_a_requirement_that_became_transitive_still_counts_as_direct() -> None:
    before = make_lock({"a": "1"})
    after = make_lock([replace(make_distribution("a", "2"), direct=False)])
    assert diff(before, after)[0].direct


def test_the_summary_is_ascii_and_names_every_kind_of_change() -> None:
    before = make_lock({"pandas": "2.2.3", "six": "1.17.0"})
    after = make_lock({"pandas": "2.3.0", "tzdata": "2026.1"})
    assert summary(diff(before, after)) == "pandas 2.2.3 -> 2.3.0, -six 1.17.0, +tzdata 2026.1"
