"""Targets: which wheels they load, and what markers say on them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.pylock import Package, PackageWheel
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from layer_action.build.wheels.fit import clearly_admits, fits
from layer_action.build.wheels.select import Misfit, WrongHash, admits, choose_wheel
from layer_action.model.lock import Wheel
from layer_action.model.target import RUNTIMES, Architecture, Target

AL2 = Target(runtime="python3.11", architecture=Architecture.X86_64)
AL2_ARM = Target(runtime="python3.9", architecture=Architecture.ARM64)
AL2023 = Target(runtime="python3.13", architecture=Architecture.ARM64)


@pytest.mark.parametrize(
    ("target", "tags", "loads"),
    [
        (AL2, "cp311-cp311-manylinux_2_26_x86_64", True),
        (AL2, "cp311-cp311-manylinux_2_27_x86_64", False),
        (AL2, "cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64", False),
        (AL2, "cp311-cp311-manylinux_2_26_x86_64.manylinux_2_28_x86_64", True),
        (AL2, "cp311-cp311-manylinux1_x86_64", True),
        (AL2, "cp311-cp311-manylinux2014_aarch64", False),
        (AL2, "cp312-cp312-manylinux2014_x86_64", False),
        (AL2, "cp310-cp310-manylinux2014_x86_64", False),
        (AL2, "cp37-abi3-manylinux_2_17_x86_64", True),
        (AL2, "cp312-abi3-manylinux_2_17_x86_64", False),
        (AL2, "cp311-none-any", True),
        (AL2, "py2.py3-none-any", True),
        (AL2, "py2-none-any", False),
        (AL2, "py3-none-manylinux2014_x86_64", True),
        (AL2, "cp311-cp311-linux_x86_64", True),
        (AL2, "cp311-cp311-musllinux_1_1_x86_64", False),
        (AL2, "cp311-cp311-macosx_11_0_universal2", False),
        (AL2, "cp311-cp311-win_amd64", False),
        (AL2, "cp311-cp311t-manylinux2014_x86_64", False),
        (AL2_ARM, "cp39-cp39-manylinux_2_17_aarch64", True),
        (AL2_ARM, "cp39-cp39-manylinux2010_aarch64", False),
        (AL2_ARM, "cp39-cp39-manylinux_2_28_aarch64", False),
        (AL2023, "cp313-cp313-manylinux_2_34_aarch64", True),
        (AL2023, "cp313-cp313-manylinux_2_35_aarch64", False),
        (AL2023, "cp313-cp313t-manylinux_2_28_aarch64", False),
    ],
)
def test_which_wheels_a_target_loads(target: Target, tags: str, *, loads: bool) -> None:
    assert fits(f"fast-1.0-{tags}.whl", target) == loads


@pytest.mark.parametrize("runtime", sorted(RUNTIMES))
@pytest.mark.parametrize("architecture", list(Architecture))
def test_every_runtime_has_its_tags_and_markers(runtime: str, architecture: Architecture) -> None:
    target = Target(runtime=runtime, architecture=architecture)
    minor = target.python_version[1]
    assert fits(f"fast-1.0-cp3{minor}-cp3{minor}-manylinux2014_{target.machine}.whl", target)
    assert fits("pure-1.0-py3-none-any.whl", target)
    for text in (
        'sys_platform == "linux"',
        f'python_version == "3.{minor}"',
        f'platform_machine == "{target.machine}"',
    ):
        assert Marker(text).evaluate(target.marker_environment)
    assert not Marker(f'python_full_version > "3.{minor}.2"').evaluate(target.marker_environment)


TARGETS = st.builds(Target, runtime=st.sampled_from(sorted(RUNTIMES)), architecture=st.sampled_from(Architecture))
INTERPRETERS = st.sampled_from(
    ["py2", "py3", *(f"{kind}{version}" for kind in ("py", "cp") for version in (27, 30, 31, 32, 39))]
    + [f"{kind}3{minor}" for kind in ("py", "cp", "pp") for minor in range(9, 16)]
)
ABIS = st.sampled_from(["none", "abi3", "abi3t", "cp312t", "CP312", *(f"cp3{minor}" for minor in range(9, 16))])
PLATFORMS = st.sampled_from(
    ["any", "Any", "win_amd64", "macosx_11_0_arm64"]
    + [f"linux_{machine}" for machine in ("x86_64", "aarch64", "i686")]
    + [f"manylinux{year}_{machine}" for year in (1, 2010, 2014) for machine in ("x86_64", "aarch64")]
    + [f"{libc}_2_{minor}_{cpu}" for libc in ("manylinux", "musllinux") for minor in (4, 5, 17, 26, 27, 34, 35)
       for cpu in ("x86_64", "aarch64")]
)  # fmt: skip


def joined(tags: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(tags, min_size=1, max_size=3).map(".".join)


@given(TARGETS, joined(INTERPRETERS), joined(ABIS), joined(PLATFORMS))
@example(AL2, "cp38.cp311", "abi3.none", "manylinux_2_17_x86_64.any")
def test_the_quick_look_at_tags_sees_what_packaging_sees(
    target: Target, interpreters: str, abis: str, platforms: str
) -> None:
    filename = f"fast-1.0-{interpreters}-{abis}-{platforms}.whl"
    assert fits(filename, target) == (not parse_wheel_filename(filename)[3].isdisjoint(target.tags))


@pytest.mark.parametrize("runtime", sorted(RUNTIMES))
@pytest.mark.parametrize("architecture", list(Architecture))
def test_every_tag_that_packaging_gives_a_target_fits_it(runtime: str, architecture: Architecture) -> None:
    target = Target(runtime=runtime, architecture=architecture)
    assert all(fits(f"fast-1.0-{tag}.whl", target) for tag in target.tags)


@pytest.mark.parametrize("filename", ["", "fast.whl", "fast-1.0.whl", "py3-none-any.whl"])
def test_what_is_no_wheel_fits_nothing(filename: str) -> None:
    assert not fits(filename, AL2)


def package(*filenames: str) -> Package:
    wheels = [
        PackageWheel(name=name, url=f"https://index.example/{name}", hashes={"sha256": f"hash of {name}"})
        for name in filenames
    ]
    return Package(name="fast", version=Version("1.0"), wheels=wheels)  # type: ignore[arg-type]


def chosen(*filenames: str, demanded: frozenset[str] = frozenset()) -> str:
    found = choose_wheel(package(*filenames), AL2, demanded)
    assert isinstance(found, Wheel)
    return found.filename


def test_the_most_specific_tag_wins_then_the_highest_build() -> None:
    pure = "fast-1.0-py3-none-any.whl"
    stable = "fast-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"
    old = "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"
    newer = "fast-1.0-cp311-cp311-manylinux_2_24_x86_64.whl"
    rebuilt = "fast-1.0-2-cp311-cp311-manylinux_2_24_x86_64.whl"
    assert chosen(pure, stable) == stable
    assert chosen(pure, stable, old) == old
    assert chosen(old, newer) == newer
    assert chosen(newer, rebuilt, old) == rebuilt
    assert chosen(rebuilt.replace("-2-", "-2a-"), rebuilt.replace("-2-", "-2b-")) == rebuilt.replace("-2-", "-2b-")


def test_of_wheels_that_fit_equally_well_pip_takes_the_last_of_the_page() -> None:
    # two wheels of SQLAlchemy 1.4.54; pages of indexes are sorted by name
    first = "fast-1.0-cp311-cp311-manylinux1_x86_64.manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    last = "fast-1.0-cp311-cp311-manylinux_2_5_x86_64.manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    assert chosen(first, last) == last
    assert chosen(last, first) == last


def test_demanded_hashes_narrow_the_choice() -> None:
    pure, fast = "fast-1.0-py3-none-any.whl", "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"
    assert chosen(pure, fast, demanded=frozenset({f"sha256:hash of {pure}"})) == pure
    found = choose_wheel(package(pure, fast), AL2, frozenset({"sha256:other"}))
    assert isinstance(found, WrongHash)
    assert found.wheel.filename == fast


def test_a_misfit_tells_the_tags_that_there_are() -> None:
    found = choose_wheel(
        package("fast-1.0-cp311-cp311-win_amd64.whl", "fast-1.0-cp310-cp310-win32.whl"), AL2, frozenset()
    )
    assert found == Misfit(name="fast", version="1.0", tags=("cp310-cp310-win32", "cp311-cp311-win_amd64"))


@pytest.mark.parametrize(
    ("requires", "admitted"),
    [
        ("", True),
        (">=3.8", True),
        ("<3.11", False),
        (">=3.8,<3.12", True),
        ("==3.11.*", True),
        (">=3.11.1", True),
        ("junk", True),
    ],
)
def test_requires_python_is_read_whole(requires: str, *, admitted: bool) -> None:
    assert admits(requires, AL2) == admitted


def test_a_later_patch_level_will_do() -> None:
    assert admits(">=3.11.7", AL2)
    assert admits("<3.11.2", AL2)
    assert not admits(">=3.12", AL2)


def test_python_3_9_counts_from_the_patch_level_that_projects_support() -> None:
    assert admits(">=3.8,!=3.9.0,!=3.9.1", AL2_ARM)


PARTS = st.builds(
    "{}{}".format,
    st.sampled_from([">=", "<", "!=", ">", "<=", "==", "~=", ">= "]),
    st.sampled_from(["2.7", "3", "3.9", "3.12", "3.13", "3.12.1", "3.12.*", "3.12.0", "4", "4.0", "3.*", "x"]),
)


@given(parts=st.lists(PARTS, max_size=3), minor=st.integers(9, 14))
def test_pythons_that_clearly_hold_hold(parts: list[str], minor: int) -> None:
    target = Target(runtime=f"python3.{minor}", architecture=Architecture.ARM64)
    if clearly_admits(",".join(parts), target):
        assert admits(",".join(parts), target)


@pytest.mark.parametrize(
    "pythons",
    ["", ">=3.9", "<4.0,>=3.8", ">=2.7, !=3.0.*, !=3.1.*", "<3.14,>=3.9", ">=3.7.0", ">=3.12.5", "!=3.14.1,>=3.11"],
)
def test_what_most_wheels_state_is_clear(pythons: str) -> None:
    assert clearly_admits(pythons, Target(runtime="python3.12", architecture=Architecture.ARM64))


@pytest.mark.parametrize(
    "pythons", ["<3.12", ">=3.13", "<3.12.4", "!=3.12.*", "!=3.*", "==3.12.*", ">=3." + "1" * 5000]
)
def test_what_may_exclude_the_target_is_not_clear(pythons: str) -> None:
    assert not clearly_admits(pythons, Target(runtime="python3.12", architecture=Architecture.ARM64))
