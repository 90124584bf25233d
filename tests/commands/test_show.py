"""Showing what a published version holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from layer_action.commands.show import (
    Shown,
    as_row,
    difference,
    difference_text,
    heading,
    parse_reference,
    requirements_text,
    show,
)
from layer_action.errors import AwsError, InputError
from layer_action.model.function import Unknown
from layer_action.model.lock import Lock, Source, SourceKind, Wheel
from layer_action.model.target import Architecture, Target
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    hex_digest,
    make_distribution,
    make_layer_version,
    make_lock,
    make_size,
)
from tests.fakes import FakeStore

ARM_311 = Target(runtime="python3.11", architecture=Architecture.ARM64)
ARM, X86 = make_lock({"requests": "2.32.3", "idna": "3.7"}), make_lock({"requests": "2.32.3"}, target=X86_312)


def shown(lock: Lock, *targets: Target) -> Shown:
    """Return a version published for its lock's target, or for others."""
    published_for = targets or (lock.target,)
    version = make_layer_version(
        runtimes=tuple(dict.fromkeys(target.runtime for target in published_for)),
        architectures=tuple(dict.fromkeys(target.architecture.value for target in published_for)),
    )
    return Shown(version=version, lock=lock, size=Unknown(reason="not asked"))


@pytest.fixture
def store() -> FakeStore:
    store = FakeStore()
    store.add(make_layer_version(number=1), lock=make_lock({"requests": "2.31.0"}), size=make_size())
    store.add(make_layer_version(number=3, version="1.1.0"), lock=ARM)
    return store


@pytest.mark.parametrize(("text", "parsed"), [("http", ("http", None)), ("http:12", ("http", 12))])
def test_a_reference_is_a_layer_and_maybe_a_number(text: str, parsed: tuple[str, int | None]) -> None:
    assert parse_reference(text) == parsed


@pytest.mark.parametrize("text", ["http:", "http:x", "http:-1", "http:1:2"])
def test_a_number_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_reference(text)
    assert "http:12" in caught.value.hint


def test_without_a_number_the_newest_version_is_shown(store: FakeStore) -> None:
    assert show(store, "http", None, REGION).version.number == 3
    assert show(store, "http", 1, REGION).version.number == 1


def test_a_layer_without_versions_is_the_users_to_publish(store: FakeStore) -> None:
    with pytest.raises(InputError, match="data has no version in eu-central-1"):
        show(store, "data", None, REGION)


def test_a_number_that_was_deleted_is_answered_with_those_that_are_there(store: FakeStore) -> None:
    with pytest.raises(InputError, match="http has no version 2 in eu-central-1") as caught:
        show(store, "http", 2, REGION)
    assert caught.value.hint == "There are: 3, 1."


def test_a_version_that_cannot_be_read_says_why(store: FakeStore) -> None:
    store.seed("data")
    with pytest.raises(AwsError, match="it carries no lock"):
        show(store, "data", None, REGION)


def test_a_version_that_does_not_come_is_an_error_with_the_way_out(store: FakeStore) -> None:
    version = store.add(make_layer_version(number=4, version="1.2.0"))
    store.unread.add(version.version_arn)
    with pytest.raises(AwsError, match="the server answers 403") as caught:
        show(store, "http", 4, REGION)
    assert caught.value.hint == "Let us through to the zip."


def test_the_lock_is_printed_as_requirements_with_hashes(store: FakeStore) -> None:
    text = requirements_text([show(store, "http", None, REGION)])
    assert text == (
        f"idna==3.7 --hash=sha256:{hex_digest('idna 3.7')}\n"
        f"requests==2.32.3 --hash=sha256:{hex_digest('requests 2.32.3')}\n"
    )


def test_a_distribution_that_both_artifacts_hold_is_one_line_with_both_hashes() -> None:
    binary = make_distribution("requests", "2.32.3", origin=make_distribution("requests", "of x86_64").origin)
    both = requirements_text([shown(ARM), shown(make_lock([binary], target=X86_312))])
    [line] = [line for line in both.splitlines() if line.startswith("requests")]
    assert line.count("--hash=") == 2
    assert ";" not in line


def test_what_only_one_artifact_holds_has_the_marker_of_its_target() -> None:
    [line] = [line for line in requirements_text([shown(ARM), shown(X86)]).splitlines() if line.startswith("idna")]
    marker = Requirement(line.partition(" --hash")[0]).marker
    assert marker is not None
    assert marker.evaluate(ARM_312.marker_environment)
    assert not marker.evaluate(X86_312.marker_environment)


@pytest.mark.parametrize(
    ("kind", "location"),
    [(SourceKind.DIRECTORY, "libs/common"), (SourceKind.VCS, "git+https://git.example/common")],
)
def test_what_was_built_from_source_is_told_and_never_taken_from_an_index(kind: SourceKind, location: str) -> None:
    source = Source(kind=kind, location=location, identity="tree:1")
    text = requirements_text([shown(make_lock([make_distribution("common", "1", origin=source)]))])
    assert text == f"# common 1 is built from {location}, tree:1\n"


def test_a_source_archive_is_installed_by_its_own_hash() -> None:
    source = Source(kind=SourceKind.SDIST, location="common-1.tar.gz", identity=f"sha256:{hex_digest('common')}")
    text = requirements_text([shown(make_lock([make_distribution("common", "1", origin=source)]))])
    assert text == f"common==1 --hash=sha256:{hex_digest('common')}\n"


_VERSIONS = st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from(["1", "2"]))


@given(_VERSIONS, _VERSIONS)
def test_each_target_gets_exactly_its_own_versions(arm: dict[str, str], x86: dict[str, str]) -> None:
    lines = requirements_text([shown(make_lock(arm)), shown(make_lock(x86, target=X86_312))]).splitlines()
    asked = [Requirement(line.partition(" --hash")[0]) for line in lines]
    for target, wanted in ((ARM_312, arm), (X86_312, x86)):
        found = [r for r in asked if r.marker is None or r.marker.evaluate(target.marker_environment)]
        assert {r.name: str(r.specifier) for r in found} == {name: f"=={version}" for name, version in wanted.items()}
        assert len(found) == len(wanted)


def test_what_one_of_two_artifacts_holds_is_for_all_of_its_targets() -> None:
    [line] = [
        line for line in requirements_text([shown(ARM, ARM_311, ARM_312), shown(X86)]).splitlines() if "idna" in line
    ]
    marker = Requirement(line.partition(" --hash")[0]).marker
    assert marker is not None
    assert [marker.evaluate(target.marker_environment) for target in (ARM_311, ARM_312, X86_312)] == [True, True, False]


def test_a_version_for_several_targets_names_them_all() -> None:
    both = shown(ARM, ARM_311, ARM_312, X86_312)
    assert heading(both) == "# http:1 1.0.0, 3.11, 3.12 arm64, x86_64\n"
    assert as_row(both)["targets"] == ["3.11 arm64", "3.11 x86_64", "3.12 arm64", "3.12 x86_64"]


def test_of_a_version_that_names_no_target_its_locks_is_told() -> None:
    assert heading(
        Shown(version=make_layer_version(runtimes=(), architectures=()), lock=X86, size=Unknown(reason=""))
    ).endswith(", 3.12 x86_64\n")


@pytest.mark.parametrize("number", [0, -1, 99999999999999999999])
def test_a_number_that_aws_never_gives_is_answered_with_those_that_are_there(store: FakeStore, number: int) -> None:
    with pytest.raises(InputError, match=f"has no version {number} in") as caught:
        show(store, "http", number, REGION)
    assert caught.value.hint == "There are: 3, 1."
    assert not [call for call in store.calls.record if call.operation == "version"], (
        "AWS refuses such a number, in words about its own parameters"
    )


def test_the_heading_says_which_version_it_is(store: FakeStore) -> None:
    assert heading(show(store, "http", None, REGION)) == "# http:3 1.1.0, 3.12 arm64\n"


def test_a_row_holds_what_is_known_and_null_for_the_rest(store: FakeStore) -> None:
    assert as_row(show(store, "http", 1, REGION))["unzipped"] == 3_000_000
    row = as_row(show(store, "http", 3, REGION))
    assert (row["number"], row["version"], row["unzipped"]) == (3, "1.1.0", None)


def test_of_a_version_without_a_lock_names_are_all_that_is_claimed() -> None:
    wheel = Wheel(filename="six-1.17.0-py3-none-any.whl", sha256="")
    foreign = shown(make_lock([make_distribution("six", "1.17.0", origin=wheel)]))
    assert requirements_text([foreign]) == "six==1.17.0\n"
    assert heading(foreign).endswith(", 3.12 arm64; it carries no lock: these are the names in its zip\n")


def test_a_difference_is_one_line_a_distribution(store: FakeStore) -> None:
    rows = difference(show(store, "http", 1, REGION), show(store, "http", 3, REGION))
    assert difference_text(rows) == "http: idna - -> 3.7\nhttp: requests 2.31.0 -> 2.32.3\n"
    assert difference_text([]) == "The same distributions.\n"


def test_the_same_version_with_other_content_is_told_as_that() -> None:
    one, other = (
        shown(
            make_lock([make_distribution("shop", "1", origin=Wheel(filename="shop-1-py3-none-any.whl", sha256=digit))])
        )
        for digit in "ab"
    )
    [row] = difference(one, other)
    assert (row["identity-before"], row["identity-after"]) == ("sha256:a", "sha256:b")
    assert difference_text([row]).endswith(": shop 1, with other content\n")
