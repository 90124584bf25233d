"""Requirements of which no wheel fits: what there is instead, and who can change it."""

import pytest

from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import IndexOptions
from tests.build.workshop import X86_311, Site
from tests.standins.index import make_sdist

BUILD = {"setup.py": "raise SystemExit('it was run')\n"}


def test_what_is_for_windows_alone_may_be_asked_for_there_alone(site: Site) -> None:
    site.index.wheel("pywin32", "306", tags="cp312-cp312-win_amd64")
    assert "`; sys_platform == 'win32'`" in site.refusal("pywin32==306\n").hint
    site.index.add(make_sdist("pywin32", "306", BUILD))
    assert "win32'" not in site.refusal("pywin32==306\n").hint, "its source may be for Linux"


def test_what_another_pins_is_its_own_to_move(site: Site) -> None:
    site.index.wheel("shop", "1.0", "core==1.0")
    site.index.wheel("core", "1.0", tags="cp311-cp311-manylinux_2_17_aarch64")
    site.index.wheel("core", "2.0")
    error = site.refusal("shop==1.0\n")
    assert "shop needs it." in error.message
    assert "fits is 2.0: ask for a version of shop that allows it." in error.hint


def test_wheels_for_other_systems_are_told_beside_the_source_code(site: Site) -> None:
    site.index.add(make_sdist("driver", "1.0", BUILD))
    site.index.wheel("driver", "1.0", tags="cp312-cp312-win_amd64")
    error = site.refusal("driver\n")
    assert "driver 1.0 has no wheel that fits 3.12 arm64" in error.message
    assert "Its wheels are for cp312 on win_amd64." in error.message
    assert "cp312, abi3 or py3, and for manylinux_2_34_aarch64 or older" in error.hint
    assert "build-from-source: [local, driver]" in error.hint


def test_the_next_version_with_a_wheel_is_told_beside_the_newest(site: Site) -> None:
    for version, tags in [
        ("1.0", "cp39-cp39-manylinux_2_17_aarch64"),
        ("2.0", "py3-none-any"),
        ("3.0", "py3-none-any"),
    ]:
        site.index.wheel("fast", version, tags=tags)
    hint = site.refusal("fast==1.0\n").hint
    assert "The newest version with a wheel that fits is 3.0: ask for `fast==3.0`." in hint
    assert "The next one after 1.0 is 2.0." in hint


def test_a_newer_runtime_whose_linux_takes_the_wheel_is_named(site: Site) -> None:
    site.index.wheel("fast", "1.0", tags="cp311-abi3-manylinux_2_28_x86_64")
    hint = site.refusal("fast\n", target=X86_311).hint
    assert "python3.12 takes a wheel of 1.0: its glibc is 2.34." in hint


def test_a_missing_wheel_deep_inside_points_at_the_line_that_brings_it(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.index.wheel("shop", "1.0", "driver")
    site.index.wheel("driver", "1.0", tags="cp312-cp312-win_amd64")
    error = site.refusal("cart\nshop\n")
    assert error.message.startswith("driver 1.0 has no wheel")
    assert error.message.endswith(" shop needs it.")
    assert error.location == Location("requirements.txt", 2)


def test_what_others_need_in_a_version_without_a_wheel_is_told_with_the_way_to_it(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart==1.0")
    site.index.wheel("cart", "1.0", "driver==2.0")
    site.index.wheel("driver", "1.0", tags="cp311-cp311-manylinux_2_17_x86_64")
    site.index.wheel("driver", "2.0", tags="cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(ResolutionError) as caught:
        site.resolve("# why\nshop\n", X86_311)
    assert caught.value.location == Location("requirements.txt", 2)
    assert caught.value.message.endswith("It is in the layer because of shop → cart → driver.")
    assert "fits is 1.0: ask for a version of shop that allows it." in caught.value.hint


def test_of_several_without_a_wheel_the_one_that_is_asked_for_is_told(site: Site) -> None:
    for version, tag in (("1.0", "2_17"), ("2.0", "2_28")):
        site.index.wheel("cart", version, tags=f"cp311-cp311-manylinux_{tag}_x86_64")
        site.index.wheel("till", version, f"cart=={version}", tags=f"cp311-cp311-manylinux_{tag}_x86_64")
    with pytest.raises(ResolutionError, match=r"till 2\.0 has no wheel"):
        site.resolve("till==2.0\n", X86_311)


def test_tags_that_say_the_same_are_told_once_and_those_of_lambda_first(site: Site) -> None:
    site.index.wheel("fast", "1.0", tags="cp39-cp39-macosx_11_0_arm64")
    site.index.wheel("fast", "1.0", tags="cp39-cp39-manylinux2014_aarch64.manylinux_2_17_aarch64")
    assert site.refusal("fast==1.0\n").message.endswith(
        "Its wheels are for cp39 on manylinux_2_17_aarch64 and 1 other platform."
    )


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ("cp311-cp311-manylinux_2_17_aarch64", "cp311"),
        ("cp312-cp312-win_amd64", "win_amd64"),
        ("cp312-cp312-musllinux_1_2_aarch64", "musllinux_1_2_aarch64"),
        ("py2-none-any", "py2"),
    ],
)
def test_of_wheels_in_a_folder_is_told_what_they_are_for(site: Site, tags: str, told: str) -> None:
    file = site.index.wheel("fast", "1.0", tags=tags)
    (site.root / "wheels").mkdir()
    (site.root / "wheels" / file.filename).write_bytes(file.content)
    site.index.files.clear()
    with pytest.raises(ResolutionError, match=rf"fast 1\.0 has no wheel .* Its wheels are for {told}\.\n") as caught:
        site.resolve("--find-links wheels\nfast\n", index_options=IndexOptions.ALLOW)
    assert "build-from-source" not in caught.value.hint


def test_a_name_whose_wheels_are_for_python_2_alone_has_none_that_fits(site: Site) -> None:
    site.index.wheel("fast", "1.0", tags="py2-none-any")
    assert site.refusal("fast\n").message.endswith("Its wheels are for py2.")


def test_one_without_a_wheel_that_others_need_too_is_told_once(site: Site) -> None:
    site.index.wheel("shop", "1.0", "driver")
    site.index.add(make_sdist("driver", "1.0", BUILD))
    error = site.refusal("shop\ndriver==1.0\n")
    assert (error.distribution, error.location) == ("driver", Location("requirements.txt", 2))


def test_of_a_line_at_fault_no_other_version_is_told_that_nobody_asks_for(site: Site) -> None:
    site.index.wheel("shop", "1.0", "driver<2")
    site.index.wheel("core", "2.0")
    site.index.add(make_sdist("driver", "1.0", BUILD, requires=["core<2"]))
    site.index.wheel("driver", "1.5", "core<2")
    error = site.refusal("shop==1.0\ncore==2.0\ndriver==1.5\n")
    assert "driver>=1.5 depends on core<2" in error.message


def test_who_needs_one_without_a_wheel_is_at_the_line_that_is_told(site: Site) -> None:
    site.index.wheel("shop", "1.0", "driver")
    site.index.wheel("core", "2.0")
    site.index.wheel("driver", "1.5", "core<2")
    site.index.add(make_sdist("driver", "1.4", BUILD))
    error = site.refusal("core==2.0\nshop==1.0\n")
    assert error.message.endswith("shop needs it.")
    assert error.location == Location("requirements.txt", 2)


def test_a_pre_release_is_not_to_be_asked_for_in_the_place_of_a_final_version(site: Site) -> None:
    site.index.add(make_sdist("driver", "2.0", BUILD))
    site.index.wheel("driver", "1.0a1")
    hint = site.refusal("driver>=1.5\n").hint
    assert "Pre-releases alone have a wheel that fits, such as 1.0a1." in hint
    assert "driver==1.0a1" not in hint
