"""The line that a published version is recognised by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from layer_action.errors import InputError
from layer_action.formats.description import LIMIT, decode, encode
from layer_action.model.published import Description

_HEX = "0123456789abcdef"
versions = st.builds(
    Version,
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.sampled_from([None, "rc.1", "alpha-2.x", "0"]),
    st.sampled_from([None, "build.5", "git-abc"]),
)
descriptions = st.builds(
    Description,
    version=versions,
    summary=st.text(max_size=600),
    digest=st.text(_HEX, min_size=32, max_size=32).map("d1:{}".format),
    inputs_hash=st.text(_HEX, min_size=12, max_size=12).map("i:{}".format),
    commit=st.one_of(st.just(""), st.text(_HEX, min_size=12, max_size=12)),
)


def described(**changes: object) -> Description:
    values: dict[str, object] = {
        "version": Version.parse("1.5.0"),
        "summary": "pandas 2.2.3 -> 2.3.0, +tzdata 2026.1",
        "digest": "d1:" + "a" * 32,
        "inputs_hash": "i:" + "b" * 12,
        "commit": "c" * 12,
    }
    return Description(**(values | changes))  # type: ignore[arg-type]


def test_it_reads_as_the_design_says() -> None:
    assert encode(described()) == (
        f"1.5.0 | pandas 2.2.3 -> 2.3.0, +tzdata 2026.1 | d1:{'a' * 32} i:{'b' * 12} git:{'c' * 12}"
    )


@given(descriptions)
def test_what_matters_survives_the_way_through_aws(description: Description) -> None:
    text = encode(description)
    read = decode(text)
    assert len(text) <= LIMIT
    assert text.isascii()
    assert text.isprintable()
    assert read is not None
    assert str(read.version) == str(description.version)
    assert (read.digest, read.inputs_hash, read.commit) == (
        description.digest,
        description.inputs_hash,
        description.commit,
    )


@given(descriptions)
def test_writing_what_was_read_changes_nothing(description: Description) -> None:
    text = encode(description)
    read = decode(text)
    assert read is not None
    assert encode(read) == text


@given(st.text(max_size=300))
def test_a_foreign_text_is_never_taken_for_ours(text: str) -> None:
    assert decode(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.5.0",
        "1.5.0 | pandas",
        f"1.5 | x | d1:{'a' * 32} i:{'b' * 12}",
        f"v1.5.0 | x | d1:{'a' * 32} i:{'b' * 12}",
        f"1.5.0 | x | d1:{'a' * 31} i:{'b' * 12}",
        f"1.5.0 | x | d1:{'A' * 32} i:{'b' * 12}",
        f"1.5.0 | x | d1:{'a' * 32}",
        f"1.5.0 | x | d1:{'a' * 32} i:{'b' * 12} git:xyz",
        f" 1.5.0 | x | d1:{'a' * 32} i:{'b' * 12}",
        f"1.5.0 | x | d1:{'a' * 32} i:{'b' * 12}\n",
        f"1.5.0 | {'x' * 250} | d1:{'a' * 32} i:{'b' * 12}",
    ],
)
def test_what_only_resembles_ours_is_foreign(text: str) -> None:
    assert decode(text) is None


def test_a_long_summary_is_cut_after_a_whole_change() -> None:
    text = encode(described(summary=", ".join(f"package-{n} 1.0 -> 2.0" for n in range(40))))
    assert ", ... | d1:" in text
    assert len(text) <= LIMIT


def test_a_summary_cannot_forge_an_identity() -> None:
    forged = f"x | d1:{'0' * 32} i:{'0' * 12}"
    read = decode(encode(described(summary=forged)))
    assert read is not None
    assert read.digest == "d1:" + "a" * 32


def test_an_empty_summary_leaves_no_gap() -> None:
    assert encode(described(summary="", commit="")) == f"1.5.0 | d1:{'a' * 32} i:{'b' * 12}"


def test_a_full_commit_is_shortened() -> None:
    read = decode(encode(described(commit="f" * 40)))
    assert read is not None
    assert read.commit == "f" * 12


def test_a_version_too_long_for_aws_is_refused_with_the_limit() -> None:
    with pytest.raises(InputError, match="too long") as caught:
        encode(described(version=Version.parse("1.0.0-" + "x" * 250)))
    assert "256" in caught.value.hint


def test_a_malformed_digest_never_reaches_aws() -> None:
    with pytest.raises(ValueError, match="read back"):
        encode(described(digest="d1:short"))
