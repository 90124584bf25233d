"""Requirements that cannot be met: what is wrong, on which line, what there is instead."""

import pytest

from layer_action.errors import Location, ResolutionError
from tests.build.workshop import Site
from tests.standins.index import make_sdist

BUILD = {"setup.py": "raise SystemExit('it was run')\n"}


def refusal(site: Site, text: str) -> ResolutionError:
    with pytest.raises(ResolutionError) as caught:
        site.resolve(text)
    return caught.value


def test_a_name_that_no_index_has_is_to_be_spelt_or_looked_for_elsewhere(site: Site) -> None:
    hint = refusal(site, "reqeusts\n").hint
    assert "Check the spelling of reqeusts." in hint
    assert "UV_DEFAULT_INDEX" in hint


def test_a_version_that_there_is_not_is_answered_with_the_newest_that_fits(site: Site) -> None:
    site.index.wheel("shop", "1.5")
    site.index.wheel("shop", "2.0rc1")
    site.index.wheel("shop", "3.0", tags="cp312-cp312-win_amd64")
    error = refusal(site, "# pins\nshop==1.7\n")
    assert error.location == Location("requirements.txt", 2)
    assert "Of shop, the newest that fits is 1.5." in error.hint


def test_wheels_for_other_systems_are_told_beside_the_source_code(site: Site) -> None:
    site.index.add(make_sdist("driver", "1.0", BUILD))
    site.index.wheel("driver", "1.0", tags="cp312-cp312-win_amd64")
    error = refusal(site, "driver\n")
    assert "driver 1.0 has no wheel that fits 3.12 arm64" in error.message
    assert "Its wheels are for cp312-cp312-win_amd64." in error.message
    assert "cp312, abi3 or py3, and for manylinux_2_34_aarch64 or older" in error.hint
    assert "build-from-source: [local, driver]" in error.hint


def test_the_next_version_with_a_wheel_is_told_beside_the_newest(site: Site) -> None:
    for version, tags in [
        ("1.0", "cp39-cp39-manylinux_2_17_aarch64"),
        ("2.0", "py3-none-any"),
        ("3.0", "py3-none-any"),
    ]:
        site.index.wheel("fast", version, tags=tags)
    hint = refusal(site, "fast==1.0\n").hint
    assert "The newest version with a wheel that fits is 3.0: ask for `fast==3.0`." in hint
    assert "The next one after 1.0 is 2.0." in hint


def test_a_missing_wheel_deep_inside_points_at_the_line_that_brings_it(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.index.wheel("shop", "1.0", "driver")
    site.index.wheel("driver", "1.0", tags="cp312-cp312-win_amd64")
    error = refusal(site, "cart\nshop\n")
    assert error.message.startswith("driver 1.0 has no wheel")
    assert error.location == Location("requirements.txt", 2)


def test_tags_that_say_the_same_are_told_once_and_the_nearest_first(site: Site) -> None:
    site.index.wheel("fast", "1.0", tags="cp39-cp39-macosx_11_0_arm64")
    site.index.wheel("fast", "1.0", tags="cp39-cp39-manylinux2014_aarch64.manylinux_2_17_aarch64")
    assert refusal(site, "fast==1.0\n").message.endswith(
        "Its wheels are for cp39-cp39-manylinux_2_17_aarch64, cp39-cp39-macosx_11_0_arm64."
    )


def test_a_proof_of_hundreds_of_versions_is_cut(site: Site) -> None:
    for minor in range(150):
        site.index.wheel("shop", f"1.{minor}", f"cart=={minor}")
        site.index.wheel("cart", str(minor), f"till=={minor}")
    site.index.wheel("till", "999")
    assert len(refusal(site, "shop\n").message) < 1500
