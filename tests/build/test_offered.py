"""Tags of wheels in few words."""

import pytest

from layer_action.build.wheels.offered import offered

MANY = [f"cp3{minor}-cp3{minor}-{platform}" for minor in range(9, 14) for platform in ("win_amd64", "win32")]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["py3-none-any"], "py3 on any"),
        (["cp312-cp312-win_amd64"], "cp312 on win_amd64"),
        (["cp39-abi3-manylinux_2_39_x86_64"], "cp39-abi3 on manylinux_2_39_x86_64"),
        (["cp313-cp313t-win32", "cp313-cp313-win32"], "cp313, cp313t on win32"),
        (MANY, "cp39 to cp313 on win32, win_amd64"),
        (["cp310-cp310-win32", "cp312-cp312-win32"], "cp310, cp312 on win32"),
        (["cp39-cp39-win32", "cp310-cp310-win_amd64"], "cp39 on win32; cp310 on win_amd64"),
    ],
)
def test_pythons_are_told_once_for_all_platforms_that_have_them(tags: list[str], told: str) -> None:
    assert offered(tags) == told


OTHERS = [f"py3-none-macosx_{number}_0_arm64" for number in range(11, 20)]


def test_beside_platforms_of_lambda_the_others_are_counted() -> None:
    told = offered([*OTHERS, "py3-none-manylinux_2_40_aarch64"])
    assert told == "py3 on manylinux_2_40_aarch64 and 9 other platforms"


def test_of_many_other_platforms_some_are_told() -> None:
    told = offered(OTHERS)
    assert told.startswith("py3 on macosx_11_0_arm64, ")
    assert told.endswith(", macosx_18_0_arm64 and 1 other platform")


def test_what_one_wheel_says_in_two_ways_is_told_once() -> None:
    assert offered(["cp39-cp39-manylinux2014_x86_64", "cp39-cp39-manylinux_2_17_x86_64"]) == (
        "cp39 on manylinux_2_17_x86_64"
    )


def test_pythons_that_lambda_never_has_are_told_only_where_there_are_no_others() -> None:
    odd = ["cp314-cp314t-manylinux_2_28_x86_64", "pp311-pypy311_pp73-manylinux_2_28_x86_64"]
    assert offered([*odd, "cp314-cp314-manylinux_2_28_x86_64"]) == "cp314 on manylinux_2_28_x86_64"
    assert offered(odd) == "cp314t, pp311-pypy311_pp73 on manylinux_2_28_x86_64"
