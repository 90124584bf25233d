"""Pins: what a function's tags let it follow, and how its list changes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from layer_action.decide.pins import (
    Exactly,
    Free,
    Hold,
    Within,
    allows,
    failed_tag,
    failed_version,
    jump,
    objection,
    parse_pin,
    pin_of,
    replace_layers,
)
from layer_action.model.layer import Bump

versions = st.builds(Version, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
arns = st.integers(0, 20).map(lambda n: f"arn:aws:lambda:eu-central-1:123456789012:layer:layer-{n % 7}:{n}")
TAG_VALUE = re.compile(r"[\w\s_.:/=+\-@]*")


@given(st.lists(arns, max_size=5), st.dictionaries(arns, arns, max_size=5))
def test_replacing_changes_exactly_the_named_entries(layers: list[str], moves: dict[str, str]) -> None:
    replaced = replace_layers(layers, moves)
    assert len(replaced) == len(layers)
    for before, after in zip(layers, replaced, strict=True):
        assert after == moves.get(before, before)


def test_a_name_that_is_a_prefix_of_another_is_left_alone() -> None:
    layers = ("arn:x:layer:http-extra:1", "arn:x:layer:http:1", "arn:x:layer:http:11")
    assert replace_layers(layers, {"arn:x:layer:http:1": "arn:x:layer:http:2"}) == (
        "arn:x:layer:http-extra:1",
        "arn:x:layer:http:2",
        "arn:x:layer:http:11",
    )


@pytest.mark.parametrize(
    ("value", "pin"),
    [
        ("hold", Hold(reason="its tag says hold")),
        ("latest", Free()),
        ("1.x", Within(major=1)),
        ("1.X", Within(major=1)),
        ("1", Within(major=1)),
        ("1.2.x", Within(major=1, minor=2)),
        ("1.2", Within(major=1, minor=2)),
        ("1.2.3", Exactly(version=Version(1, 2, 3))),
        ("=1.2.3", Exactly(version=Version(1, 2, 3))),
        (" v1.2.3 ", Exactly(version=Version(1, 2, 3))),
    ],
)
def test_a_tag_is_read(value: str, pin: object) -> None:
    assert parse_pin(value) == pin


@pytest.mark.parametrize("value", ["", "^1.2", "~1.2", "yes", "1.x.3", "1..2", "٣.x.y", "01.2.3"])
def test_a_tag_that_means_nothing_holds_the_function(value: str) -> None:
    pin = parse_pin(value)
    assert isinstance(pin, Hold)
    assert repr(value) in pin.reason


@given(st.text(max_size=40))
def test_no_tag_is_ever_an_error(value: str) -> None:
    parse_pin(value)


@given(versions, versions)
def test_a_series_allows_its_own_and_nothing_else(pinned: Version, version: Version) -> None:
    assert allows(parse_pin(f"{pinned.major}.x"), version) == (version.major == pinned.major)
    assert allows(parse_pin(f"{pinned.major}.{pinned.minor}.x"), version) == (
        (version.major, version.minor) == (pinned.major, pinned.minor)
    )
    assert allows(parse_pin(str(pinned)), version) == (version == pinned)


@given(versions)
def test_documented_pins_are_legal_tag_values(version: Version) -> None:
    for value in (f"{version.major}.x", f"{version.major}.{version.minor}.x", str(version), f"={version}", "hold"):
        assert TAG_VALUE.fullmatch(value)


def test_the_exact_name_of_the_layer_counts_before_that_of_the_config() -> None:
    tags = {"layer:http": "hold", "layer:shop-http-arm64": "1.x"}
    assert pin_of(tags, "shop-http-arm64", "http") == Within(major=1)
    assert pin_of({"layer:http-extra": "hold"}, "http") is None


@given(versions, st.sampled_from(Bump), st.sampled_from(Bump))
def test_without_a_tag_the_policy_decides(version: Version, bump: Bump, policy: Bump) -> None:
    assert (objection(None, version, bump, policy) == "") == (policy is not Bump.NONE and bump <= policy)


def test_a_tag_decides_alone() -> None:
    version = Version(2, 0, 0)
    assert objection(Free(), version, Bump.MAJOR, Bump.NONE) == ""
    assert objection(Within(major=1), version, Bump.MAJOR, Bump.MAJOR) == "its tag says 1.x, and 2.0.0 is outside"


@given(versions, versions)
def test_the_bump_of_a_jump_is_its_first_difference(before: Version, after: Version) -> None:
    bump = jump(before, after)
    assert (bump is Bump.MAJOR) == (before.major != after.major)
    assert (bump is Bump.NONE) == (before == after)


def test_from_a_version_of_somebody_else_every_jump_is_major() -> None:
    assert jump(None, Version(1, 0, 1)) is Bump.MAJOR


@given(versions)
def test_a_failed_version_is_remembered(version: Version) -> None:
    assert failed_version({failed_tag("http"): str(version)}, "http") == version
    assert failed_version({failed_tag("http"): str(version)}, "htt") is None


def test_a_failed_tag_that_somebody_garbled_is_ignored() -> None:
    assert failed_version({failed_tag("http"): "yes"}, "http") is None
