"""Resolving: from requirements to locks, against an index on loopback."""

from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layer_action.errors import Location, ResolutionError
from layer_action.model.lock import Wheel
from layer_action.ports.building import Preferences
from tests.build.workshop import ARM_312, PROJECT, X86_311, Site


def test_a_lock_holds_everything_that_is_needed_and_who_needs_it(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart>=2")
    site.index.wheel("cart", "2.1")
    lock = site.resolve("shop\n").lock
    assert [(d.name, d.version, d.direct, d.required_by) for d in lock.distributions] == [
        ("cart", "2.1", False, ("shop",)),
        ("shop", "1.0", True, ()),
    ]
    origin = lock.distributions[0].origin
    file = site.index.file("cart-2.1-py3-none-any.whl")
    assert file is not None
    assert isinstance(origin, Wheel)
    assert (origin.sha256, origin.size) == (file.sha256, len(file.content))


def test_markers_and_extras_are_those_of_the_target(site: Site) -> None:
    site.index.wheel(
        "shop",
        "1.0",
        'tomli ; python_version < "3.12"',
        'colorama ; sys_platform == "win32"',
        'simdjson ; platform_machine == "aarch64"',
        'socks ; extra == "proxy"',
    )
    for name in ("tomli", "colorama", "simdjson", "socks"):
        site.index.wheel(name, "1.0")
    assert set(site.versions("shop\n", X86_311)) == {"shop", "tomli"}
    assert set(site.versions("shop[proxy]\n", ARM_312)) == {"shop", "simdjson", "socks"}


def test_amazon_linux_2_gets_the_newest_version_with_a_wheel_that_fits(site: Site) -> None:
    for version, platform in (("1", "2_17"), ("2", "2_24"), ("3", "2_27"), ("4", "2_28")):
        site.index.wheel("fast", version, tags=f"cp311-cp311-manylinux_{platform}_x86_64")
    assert site.versions("fast\n", X86_311) == {"fast": "2"}


def test_amazon_linux_2023_gets_wheels_for_its_own_glibc(site: Site) -> None:
    site.index.wheel("fast", "1", tags="cp312-cp312-manylinux_2_34_aarch64")
    site.index.wheel("fast", "2", tags="cp312-cp312-manylinux_2_35_aarch64")
    assert site.versions("fast\n") == {"fast": "1"}


def test_a_pinned_version_without_a_fitting_wheel_names_its_tags_and_the_newest_that_fits(site: Site) -> None:
    site.index.wheel("fast", "1", tags="cp311-cp311-manylinux_2_17_x86_64")
    site.index.wheel("fast", "2", tags="cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(ResolutionError) as caught:
        site.resolve("# pinned\nfast==2\n", X86_311)
    assert caught.value.location == Location("requirements.txt", 2)
    assert caught.value.message == (
        "fast 2 has no wheel that fits 3.11 x86_64. Its wheels are for cp311 on manylinux_2_28_x86_64."
    )
    assert "cp311, abi3 or py3, and for manylinux_2_26_x86_64 or older" in caught.value.hint
    assert "The newest version with a wheel that fits is 1" in caught.value.hint


@pytest.mark.parametrize(
    "tags", ["cp312-cp312-musllinux_1_2_aarch64", "cp312-cp312-macosx_11_0_arm64", "cp312-none-win_arm64"]
)
def test_wheels_of_other_systems_are_never_taken(site: Site, tags: str) -> None:
    site.index.wheel("fast", "1", tags=tags)
    with pytest.raises(ResolutionError, match=r"fast 1 has no wheel that fits 3\.12 arm64"):
        site.resolve("fast==1\n")


def test_the_most_specific_wheel_is_taken(site: Site) -> None:
    for tags in ("py3-none-any", "cp38-abi3-manylinux_2_17_aarch64", "cp312-cp312-manylinux2014_aarch64"):
        site.index.wheel("fast", "1", tags=tags)
    origin = site.resolve("fast\n").lock.distributions[0].origin
    assert isinstance(origin, Wheel)
    assert origin.filename == "fast-1-cp312-cp312-manylinux2014_aarch64.whl"


def test_an_upper_bound_of_requires_python_counts(site: Site) -> None:
    site.index.wheel("old", "1", python=">=3.8")
    site.index.wheel("old", "2", python=">=3.8,<3.12")
    assert site.versions("old\n", ARM_312) == {"old": "1"}
    assert site.versions("old\n", X86_311) == {"old": "2"}


def test_a_version_for_late_patch_levels_alone_is_taken_as_lambda_has_them(site: Site) -> None:
    site.index.wheel("soup", "1")
    site.index.wheel("soup", "2", python=">=3.12.4")
    assert site.versions("soup\n") == {"soup": "2"}
    with pytest.raises(ResolutionError, match=r"Python version \(>=3\.11\) does not satisfy") as caught:
        site.resolve("soup==2\n", target=X86_311)
    assert "99" not in str(caught.value)


def test_what_early_patch_levels_alone_need_comes_too(site: Site) -> None:
    early = 'python_full_version < "3.12.3"'
    site.index.wheel("cache", "1", f"later>=2 ; {early}", f'more ; extra == "fast" and {early}')
    site.index.wheel("later", "2", f"deep ; {early}")
    site.index.wheel("later", "1")
    for name in ("more", "deep"):
        site.index.wheel(name, "1")
    found = site.resolve("cache[fast]\n").lock
    assert [each.name for each in found.distributions] == ["cache", "deep", "later", "more"]
    assert [each.name for each in found.distributions if each.direct] == ["cache"]


def test_where_everything_must_have_a_hash_nothing_comes_along_that_the_lines_do_not_name(site: Site) -> None:
    file = site.index.wheel("cache", "1", 'later ; python_full_version < "3.12.3"')
    site.index.wheel("later", "1")
    assert site.versions(f"cache==1 --hash=sha256:{sha256(file.content).hexdigest()}\n") == {"cache": "1"}


def test_a_version_that_excludes_the_runtime_is_explained(site: Site) -> None:
    site.index.wheel("old", "2", python="<3.12")
    with pytest.raises(ResolutionError, match=r"old 2 does not support Python 3\.12: it requires Python <3\.12"):
        site.resolve("old\n")


def test_nothing_moves_because_the_index_gained_releases(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "2.1")
    before = site.versions("shop\n")
    site.index.wheel("shop", "1.1", "cart")
    site.index.wheel("cart", "3.0")
    assert site.versions("shop\n", preferences=Preferences(versions=before)) == before
    assert site.versions("shop\n") == {"shop": "1.1", "cart": "3.0"}


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(releases=st.dictionaries(st.sampled_from(["shop", "cart", "tax"]), st.sampled_from(["1.5", "2.0", "3.0rc1"])))
def test_whatever_the_index_gains_nothing_moves(site: Site, releases: dict[str, str]) -> None:
    site.index.files.clear()
    site.index.wheel("shop", "1.0", "cart>=1", "tax")
    site.index.wheel("cart", "1.0")
    site.index.wheel("tax", "1.0")
    before = site.resolve("shop\n").lock
    for name, version in releases.items():
        site.index.wheel(name, version)
    versions = {found.name: found.version for found in before.distributions}
    assert site.resolve("shop\n", preferences=Preferences(versions=versions)).lock == before


def test_a_version_in_use_that_was_withdrawn_stays_with_a_warning(site: Site) -> None:
    site.index.wheel("shop", "1.0").yanked = ""
    site.index.wheel("shop", "2.0")
    resolution = site.resolve("shop\n", preferences=Preferences(versions={"shop": "1.0"}))
    assert [found.version for found in resolution.lock.distributions] == ["1.0"]
    assert [finding.check for finding in resolution.findings] == ["yanked"]


def test_only_what_is_forced_or_asked_for_moves(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart", "tax")
    for name in ("cart", "tax"):
        site.index.wheel(name, "1.0")
        site.index.wheel(name, "2.0")
    kept = {"shop": "1.0", "cart": "1.0", "tax": "1.0"}
    forced = site.versions("shop\ncart>=2\n", preferences=Preferences(versions=kept))
    asked = site.versions("shop\n", preferences=Preferences(versions=kept, upgrade=("Tax",)))
    everything = site.versions("shop\n", preferences=Preferences(versions=kept, upgrade_all=True))
    assert forced == kept | {"cart": "2.0"}
    assert asked == kept | {"tax": "2.0"}
    assert everything == kept | {"cart": "2.0", "tax": "2.0"}


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("shop\ncart>=2\n", ["gone-back"]),
        ("shop<1\ncart>=2\n", []),
        ("-c constraints.txt\nshop\ncart>=2\n", []),
        ("till\ncart>=2\n", ["gone-back"]),
        ("till\nshop<1\ncart>=2\n", []),
    ],
)
def test_a_version_that_goes_back_although_its_line_allows_the_newer_one_is_told(
    site: Site, text: str, checks: list[str]
) -> None:
    site.index.wheel("shop", "1.0", "cart<2")
    site.index.wheel("shop", "0.5")
    site.index.wheel("till", "1.0", "shop")
    site.index.wheel("cart", "1.0")
    site.index.wheel("cart", "2.0")
    site.write("constraints.txt", "shop<0.9\n")
    kept = Preferences(versions={"shop": "1.0", "cart": "1.0"})
    resolution = site.resolve(text, preferences=kept)
    assert {found.name: found.version for found in resolution.lock.distributions}["shop"] == "0.5"
    assert [finding.check for finding in resolution.findings] == checks


def test_a_pinned_version_that_was_withdrawn_is_used_with_a_warning(site: Site) -> None:
    site.index.wheel("shop", "1.0").yanked = "broken on Mondays"
    resolution = site.resolve("\nshop==1.0\n")
    assert [(f.check, f.message, f.location) for f in resolution.findings] == [
        ("yanked", "shop 1.0 was withdrawn by its authors: broken on Mondays.", Location("requirements.txt", 2))
    ]


def test_a_name_that_no_index_has_points_at_its_line(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    with pytest.raises(ResolutionError, match="no-such-thing was not found") as caught:
        site.resolve("cart\nno-such-thing\n")
    assert caught.value.location == Location("requirements.txt", 2)


def test_a_conflict_deep_inside_names_both_sides(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart<2")
    site.index.wheel("cart", "1.0")
    site.index.wheel("cart", "2.0")
    with pytest.raises(ResolutionError) as caught:
        site.resolve("shop\ncart>=2\n")
    assert "shop" in caught.value.message
    assert "cart<2" in caught.value.message
    assert "cart>=2" in caught.value.message
    assert caught.value.location in (Location("requirements.txt", 1), Location("requirements.txt", 2))


def test_constraints_bind_without_adding(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "1.0")
    site.index.wheel("cart", "2.0")
    site.write("constraints.txt", "cart<2\nunused==9\n")
    assert site.versions("-c constraints.txt\nshop\n") == {"shop": "1.0", "cart": "1.0"}


def test_a_constraint_binds_only_where_its_marker_holds(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.index.wheel("cart", "2.0")
    site.write("constraints.txt", "cart<2 ; python_version < '3.12'\ncart>=2 ; python_version >= '3.12'\n")
    assert site.versions("-c constraints.txt\ncart\n") == {"cart": "2.0"}


def test_a_hash_may_be_written_in_capitals(site: Site) -> None:
    fast = site.index.wheel("fast", "1")
    assert site.versions(f"fast==1 --hash=sha256:{fast.sha256.upper()}\n") == {"fast": "1"}


def test_a_hash_chooses_among_the_wheels_of_a_version(site: Site) -> None:
    pure = site.index.wheel("fast", "1")
    site.index.wheel("fast", "1", tags="cp312-cp312-manylinux_2_28_aarch64")
    origin = site.resolve(f"fast==1 --hash=sha256:{pure.sha256}\n").lock.distributions[0].origin
    assert isinstance(origin, Wheel)
    assert origin.sha256 == pure.sha256


def test_a_wrong_hash_is_refused_with_the_right_one(site: Site) -> None:
    file = site.index.wheel("fast", "1")
    with pytest.raises(ResolutionError, match="another hash than the requirement demands") as caught:
        site.resolve("fast==1 \\\n  --hash=sha256:abc\n")
    assert caught.value.location == Location("requirements.txt", 1)
    assert file.sha256 in caught.value.hint


def test_what_is_provided_is_left_out_with_what_only_it_needs(site: Site) -> None:
    site.index.wheel("shop", "1.0", "aws", "urls")
    site.index.wheel("aws", "1.0", "core")
    site.index.wheel("core", "1.0", "urls")
    site.index.wheel("urls", "1.0")
    assert set(site.versions("shop\n", provided=("AWS",))) == {"shop", "urls"}


def test_markers_that_exclude_everything_are_an_error_unless_own_files_are_the_point(site: Site) -> None:
    text = 'shop ; python_version < "3"\n'
    with pytest.raises(ResolutionError, match="the markers exclude all of them") as caught:
        site.resolve(text)
    assert caught.value.location == Location("requirements.txt", 1)
    site.write("src/a.py", "")
    resolution = site.resolve(text, include=("src/a.py",))
    assert resolution.lock.distributions == ()
    assert [finding.check for finding in resolution.findings] == ["no-requirements"]


def test_an_empty_file_is_an_error(site: Site) -> None:
    with pytest.raises(ResolutionError, match="asks for nothing"):
        site.resolve("# later\n")


def test_a_layer_of_which_all_is_provided_is_an_error(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    with pytest.raises(ResolutionError, match="Nothing is left to put into http"):
        site.resolve("shop\n", provided=("shop",))


def test_a_version_that_needs_what_never_fits_gives_way_to_one_that_does_without(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    site.index.wheel("shop", "2.0", "fast")
    site.index.wheel("fast", "1.0", tags="cp311-cp311-manylinux_2_28_x86_64")
    assert site.versions("shop\n", X86_311) == {"shop": "1.0"}


def test_wheels_that_are_alike_are_chosen_by_name(site: Site) -> None:
    for tags in ("cp312-cp312-manylinux_2_17_aarch64", "cp312-cp312-manylinux_2_17_aarch64.manylinux_2_31_aarch64"):
        site.index.wheel("fast", "1", tags=tags)
    assert site.versions("fast\n") == {"fast": "1"}


def test_what_is_wrong_with_a_line_for_one_target_is_told_at_that_line(site: Site) -> None:
    site.index.wheel("six", "1.0")
    problem = site.refusal('six==1.0 ; python_version < "3.12"\nsix==7 ; python_version >= "3.12"\n')
    assert problem.location == Location("requirements.txt", 2)


def test_what_a_project_tells_uv_to_exclude_is_left_out_and_counts(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "1.0")
    project = PROJECT.format("site", "1", '["shop"]')
    site.write("pyproject.toml", project)
    before = site.inputs_hash(requirements=("pyproject.toml",))
    site.write("pyproject.toml", project + '[tool.uv]\nexclude-dependencies = ["Cart"]\n')
    assert site.inputs_hash(requirements=("pyproject.toml",)) != before
    assert site.versions(requirements=("pyproject.toml",)) == {"shop": "1.0"}
