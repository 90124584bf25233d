"""How far a version moves: the table of the design, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from layer_action.decide.version import bump_between, bump_of, next_version
from layer_action.model.layer import Bump
from layer_action.model.lock import DistributionChange


def change(before: str | None, after: str | None, *, direct: bool) -> DistributionChange:
    return DistributionChange(name="x", before=before, after=after, direct=direct)


@pytest.mark.parametrize(
    ("before", "after", "direct", "transitive"),
    [
        # removed, added
        ("1.0", None, Bump.MAJOR, Bump.PATCH),
        (None, "1.0", Bump.MINOR, Bump.MINOR),
        # first, second, third segment
        ("1.9.1", "2.0.0", Bump.MAJOR, Bump.MINOR),
        ("2.0.0", "1.9.1", Bump.MAJOR, Bump.MINOR),
        ("0.9", "1.0", Bump.MAJOR, Bump.MINOR),
        ("2.31.0", "2.34.2", Bump.MINOR, Bump.PATCH),
        ("0.1", "0.2", Bump.MINOR, Bump.PATCH),
        ("2.31.0", "2.31.1", Bump.PATCH, Bump.PATCH),
        ("1", "1.0.1", Bump.PATCH, Bump.PATCH),
        ("1", "1.1", Bump.MINOR, Bump.PATCH),
        # years
        ("2025.1.31", "2026.1.4", Bump.MINOR, Bump.MINOR),
        ("24.3", "25.0", Bump.MINOR, Bump.MINOR),
        ("20.0", "21.0", Bump.MINOR, Bump.MINOR),
        ("19.0", "20.0", Bump.MAJOR, Bump.MINOR),
        ("4.0", "2026.1", Bump.MAJOR, Bump.MINOR),
        # what PEP 440 knows besides
        ("2.0.0rc1", "2.0.0", Bump.PATCH, Bump.PATCH),
        ("2.0.0", "2.0.0.post1", Bump.PATCH, Bump.PATCH),
        ("2.0.0", "2.0.0+local", Bump.PATCH, Bump.PATCH),
        ("25.0", "1!25.0", Bump.MAJOR, Bump.MINOR),
        ("not a version", "1.0", Bump.MAJOR, Bump.MINOR),
        # the same version, other content
        ("1.0", "1.0", Bump.PATCH, Bump.PATCH),
    ],
)
def test_a_change_bumps_as_the_design_says(
    before: str | None, after: str | None, direct: Bump, transitive: Bump
) -> None:
    assert bump_of((change(before, after, direct=True),)) is direct
    assert bump_of((change(before, after, direct=False),)) is transitive


def test_only_own_files_are_a_patch() -> None:
    assert bump_of(()) is Bump.PATCH


def test_a_dropped_target_is_major_and_an_added_one_minor() -> None:
    assert bump_of((), dropped=["python3.11"]) is Bump.MAJOR
    assert bump_of((), added=["arm64"]) is Bump.MINOR
    assert bump_of((), dropped=["python3.11"], added=["python3.13"]) is Bump.MAJOR


def test_the_largest_of_several_changes_counts() -> None:
    changes = (change("1.0", "1.0.1", direct=True), change(None, "1", direct=False), change("1.0", "2.0", direct=True))
    assert bump_of(changes) is Bump.MAJOR


@pytest.mark.parametrize(
    ("current", "bump", "following"),
    [
        (None, Bump.PATCH, "1.0.0"),
        ("1.4.2", Bump.NONE, "1.4.2"),
        ("1.4.2", Bump.PATCH, "1.4.3"),
        ("1.4.2", Bump.MINOR, "1.5.0"),
        ("1.4.2", Bump.MAJOR, "2.0.0"),
        ("2.0.0-rc.1", Bump.PATCH, "2.0.0"),
    ],
)
def test_the_next_version_follows_the_bump(current: str | None, bump: Bump, following: str) -> None:
    assert str(next_version(Version.parse(current) if current else None, bump)) == following


@given(
    st.builds(Version, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)),
    st.sampled_from([Bump.PATCH, Bump.MINOR, Bump.MAJOR]),
)
def test_two_versions_tell_the_bump_between_them(current: Version, bump: Bump) -> None:
    following = next_version(current, bump)
    assert following > current
    assert bump_between(current, following) is bump


def test_a_first_version_is_no_bump() -> None:
    assert bump_between(None, Version(1, 0, 0)) is Bump.NONE
