import pytest

from layer_action.model.function import Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, LayerSize
from layer_action.model.target import Architecture, Target
from layer_action.report import words

ARM = [Target(runtime=f"python3.{minor}", architecture=Architecture.ARM64) for minor in (11, 12)]
X86 = [Target(runtime=f"python3.{minor}", architecture=Architecture.X86_64) for minor in (11, 12)]


def unzipped(count: int, *, exact: bool = True) -> LayerSize:
    return LayerSize(zipped=0, unzipped=count, exact=exact)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 kB"), (1, "1 kB"), (12_345, "13 kB"), (49_999, "50 kB"), (50_000, "0.1 MB"), (61_000_000, "61.0 MB")],
)
def test_sizes_are_in_decimal_megabytes_and_small_ones_in_kilobytes(count: int, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("sentences", "line"),
    [([], ""), (["Do this."], "Do this."), (["Do this.", "do `that`"], "Do this · do `that`")],
)
def test_several_ways_out_stand_on_one_line(sentences: list[str], line: str) -> None:
    assert words.alternatives(sentences) == line


@pytest.mark.parametrize(
    ("after", "before", "text"),
    [
        (unzipped(3_400_000), unzipped(3_100_000), "3.4 MB (+0.3)"),
        (unzipped(3_100_000), unzipped(3_400_000), "3.1 MB (\N{MINUS SIGN}0.3)"),
        (unzipped(3_100_000), unzipped(3_088_000), "3.1 MB (+12 kB)"),
        (unzipped(3_100_000), unzipped(3_100_000), "3.1 MB"),
        (unzipped(3_100_000), Unknown(reason="x"), "3.1 MB"),
        (unzipped(3_100_000), unzipped(3_000_000, exact=False), "3.1 MB"),
        (unzipped(3_100_000, exact=False), unzipped(3_000_000), "at least 3.1 MB"),
        (Unknown(reason="x"), unzipped(3_000_000), "?"),
    ],
)
def test_a_size_shows_how_it_moved(after: LayerSize | Unknown, before: LayerSize | Unknown, text: str) -> None:
    assert words.step(after, before, of=lambda size: size.unzipped) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "< 1 %"),
        (UNZIPPED_LIMIT // 2, "50 %"),
        (UNZIPPED_LIMIT - 1, "99 %"),
        (UNZIPPED_LIMIT, "100 %"),
        (UNZIPPED_LIMIT + 1, "100 %"),
        (UNZIPPED_LIMIT * 2, "200 %"),
    ],
)
def test_a_share_is_a_hundred_only_where_the_limit_is_reached(count: int, text: str) -> None:
    assert words.share(unzipped(count)) == text


def test_the_least_share_of_what_is_not_wholly_known_says_so() -> None:
    assert words.share(unzipped(UNZIPPED_LIMIT // 2, exact=False)) == "at least 50 %"


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        (ARM[:1], "3.11 arm64"),
        (ARM, "3.11, 3.12 arm64"),
        ([X86[0], ARM[0]], "3.11 x86_64, arm64"),
        ([X86[0], ARM[0], X86[1], ARM[1]], "3.11, 3.12 x86_64, arm64"),
        ([X86[0], ARM[1]], "3.11 x86_64; 3.12 arm64"),
    ],
)
def test_targets_say_once_what_they_share(targets: list[Target], text: str) -> None:
    assert words.targets(targets) == text


@pytest.mark.parametrize(
    ("regions", "everywhere", "text"),
    [
        ([""], [], ""),
        (["a"], ["a"], ""),
        (["a"], ["a", "b"], "in a"),
        (["b", "a"], ["a", "b"], "in 2 regions"),
        (["a", "b"], ["a", "b", "c"], "in a and b"),
        (["a", "b", "c"], ["a", "b", "c", "d"], "in 3 regions"),
    ],
)
def test_regions_are_told_where_there_are_several(regions: list[str], everywhere: list[str], text: str) -> None:
    assert words.region_phrase(regions, everywhere) == text


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert words.listed("abcdefghi", limit=3) == "a, b, c and 6 more"
    assert words.listed("abcd", limit=3) == "a, b, c, d"
