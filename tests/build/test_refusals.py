"""Requirements that cannot be met: what is wrong, on which line, what there is instead."""

import shutil

import pytest

from layer_action.errors import ConfigError, LayerActionError, Location, Problems, ResolutionError
from layer_action.ports.building import Preferences
from tests.build.workshop import PROJECT, X86_311, Site
from tests.standins.index import make_sdist

BUILD = {"setup.py": "raise SystemExit('it was run')\n"}


def refusal(site: Site, text: str) -> ResolutionError:
    with pytest.raises(ResolutionError) as caught:
        site.resolve(text)
    return caught.value


def refusals(site: Site, text: str) -> list[LayerActionError]:
    with pytest.raises(Problems) as caught:
        site.resolve(text)
    return list(caught.value.problems)


def test_a_name_that_no_index_has_is_to_be_spelt_or_looked_for_elsewhere(site: Site) -> None:
    hint = refusal(site, "reqeusts\n").hint
    assert "Check the spelling of reqeusts." in hint
    assert "UV_DEFAULT_INDEX" in hint


def test_a_name_that_the_layer_held_before_is_offered_for_a_misspelt_one(site: Site) -> None:
    site.write("requirements.txt", "reqeusts\n")
    with pytest.raises(ResolutionError) as caught:
        site.resolve(preferences=Preferences(versions={"requests": "2.0", "idna": "3.7"}))
    assert caught.value.hint.startswith("Before, the layer held requests: is it that?")


def test_a_module_that_is_asked_for_by_its_own_name_is_told_with_its_distribution(site: Site) -> None:
    site.index.wheel("psycopg2", "2.9", tags="cp312-cp312-win_amd64")
    found = refusals(site, "PIL\njson\npsycopg2\n")
    assert [each.hint.split(". ")[0].splitlines()[0].rstrip(".") for each in found] == [
        "Ask for `pillow` instead",
        "`json` is part of Python itself: remove it",
        "Ask for `psycopg2-binary` instead",
    ]


def test_what_is_for_windows_alone_may_be_asked_for_there_alone(site: Site) -> None:
    site.index.wheel("pywin32", "306", tags="cp312-cp312-win_amd64")
    assert "`; sys_platform == 'win32'`" in refusal(site, "pywin32==306\n").hint
    site.index.add(make_sdist("pywin32", "306", BUILD))
    assert "win32'" not in refusal(site, "pywin32==306\n").hint, "its source may be for Linux"


def test_what_another_pins_is_its_own_to_move(site: Site) -> None:
    site.index.wheel("shop", "1.0", "core==1.0")
    site.index.wheel("core", "1.0", tags="cp311-cp311-manylinux_2_17_aarch64")
    site.index.wheel("core", "2.0")
    error = refusal(site, "shop==1.0\n")
    assert "shop needs it." in error.message
    assert "fits is 2.0: ask for a version of shop that allows it." in error.hint


def test_who_needs_a_name_that_no_index_has_is_told_instead_of_its_spelling(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart[fast]>=2")
    site.index.wheel("cart", "2.0", "driver")
    error = refusal(site, "shop==1.0\n")
    assert error.hint.startswith("cart needs it: ask for another version of cart, or set the index that has driver.")


def test_a_project_of_the_repository_that_needs_what_no_index_has_is_to_be_corrected(site: Site) -> None:
    site.write("libs/till/pyproject.toml", PROJECT.format("till", "1.0", '["driver"]'))
    assert refusal(site, "-e ./libs/till\n").hint.startswith("till needs it: correct it in libs/till, or set the index")


def test_everything_that_is_wrong_with_a_layer_is_told_at_once(site: Site) -> None:
    site.index.wheel("shop", "1.0", tags="cp312-cp312-win_amd64")
    site.index.wheel("idna", "3.7")
    site.index.wheel("till", "1.0", "idna<3")
    site.index.wheel("six", "1.15")
    site.index.wheel("six", "1.16")
    found = refusals(site, "shop\nnobody\nidna==3.8\ntill\nidna\nsix==1.15\nsix==1.16\nsome-body==2\n")
    assert [each.location and each.location.line for each in found] == [1, 2, 3, 4, 6, 8]


def test_what_must_not_be_built_is_told_with_all_that_no_index_has(site: Site) -> None:
    site.write("libs/till/pyproject.toml", PROJECT.format("till", "1.0", "[]"))
    site.index.wheel("shop", "1.0", "till")
    site.index.add(make_sdist("cart", "1.0", BUILD))
    site.write("requirements.txt", "-e ./libs/till\nshop\nnobody\ncart\n")
    with pytest.raises(Problems) as caught:
        site.resolve(build_from_source="none")
    found = caught.value.problems
    assert [each.location and each.location.line for each in found] == [1, 3, 4], "shop only lacks till"
    assert {each.hint.rpartition("write ")[2] for each in found if each.distribution} == {
        "`build-from-source: [till, cart]`."
    }


def test_beside_a_line_that_cannot_be_read_the_others_are_held_to_the_index(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    found = refusals(site, "shop==2\nwhat is this\nnobody\n-r more.txt\n")
    assert [each.location and each.location.line for each in found] == [1, 2, 3, 4]


def test_beside_a_dependency_of_a_project_that_cannot_be_read_the_others_are_held_to_the_index(site: Site) -> None:
    site.write("pyproject.toml", PROJECT.format("site", "1", '[\n"what is this",\n"nobody",\n]'))
    with pytest.raises(Problems) as caught:
        site.resolve(requirements=("pyproject.toml",))
    assert [each.location and each.location.line for each in caught.value.problems] == [5, 6]


def test_beside_a_refused_index_only_what_no_index_changes_is_told(site: Site) -> None:
    url = "https://one.example/cart-1.0.tar.gz"
    found = refusals(site, f"--extra-index-url https://one.example\nnobody\nsix==1\nsix==2\ncart @ {url}\n")
    assert [each.location and each.location.line for each in found] == [1, 3, 5]
    assert not site.index.requests


def test_a_line_that_cannot_be_read_is_no_reason_to_say_that_nothing_is_asked_for(site: Site) -> None:
    site.write("requirements.txt", "what is this\n")
    with pytest.raises(ConfigError):
        site.resolve()


def test_all_urls_that_cannot_be_read_are_told(site: Site) -> None:
    file = site.index.wheel("shop", "1.0")
    base = f"http://127.0.0.1:{site.index.port}/files"
    urls = [f"{base}/{file.filename}", f"{base}/cart-1.0-py3-none-any.whl", f"{base}/till-1.0-py3-none-any.whl"]
    found = refusals(site, "\n".join(urls))
    assert [each.location and each.location.line for each in found] == [2, 3]
    assert "cart-1.0-py3-none-any.whl could not be" in found[0].message


def test_an_url_with_nothing_behind_it_is_to_be_corrected(site: Site) -> None:
    error = refusal(site, f"six\ncart @ http://127.0.0.1:{site.index.port}/files/cart-1.0-py3-none-any.whl\n")
    assert error.location == Location("requirements.txt", 2)
    assert error.message.endswith("could not be read: HTTP status client error (404 Not Found).")
    assert error.hint == "Correct the address in that line: the server has nothing there."


def test_a_wheel_that_an_index_lists_and_has_no_more_is_told_by_name(site: Site) -> None:
    site.index.lost.add(site.index.wheel("Shop_Cart", "1.0").filename)
    error = refusal(site, "shop-cart\n")
    assert error.message.endswith("could not be read: HTTP status client error (404 Not Found).")
    assert error.distribution == "shop-cart"


def test_an_index_that_wants_a_login_is_told_once_for_all_names(site: Site) -> None:
    site.index.login = ("team", "secret")
    error = refusal(site, "shop\ncart\ntill\n")
    assert "401" in error.hint
    assert "NETRC" in error.hint


def test_all_pins_that_exclude_one_another_are_told_each_with_its_lines(site: Site) -> None:
    site.write("more.txt", "idna==3.6\nattrs>=2\ntill==1\n")
    site.write("pins.txt", "attrs==1.0\ntill==2\n")
    found = refusals(site, "-r more.txt\n-c pins.txt\nIDNA==3.7\n")
    assert [each.message for each in found] == [
        "idna==3.6 (more.txt:1) and idna==3.7 (requirements.txt:3) contradict one another.",
        "till==1 (more.txt:3) and till==2 (pins.txt:2) contradict one another.",
        "attrs==1.0 (pins.txt:1) and attrs>=2 (more.txt:2) contradict one another.",
    ]


def test_of_thousands_of_pins_that_exclude_one_another_ten_are_told(site: Site) -> None:
    found = refusal(site, "".join(f"idna==3.{number}\n" for number in range(2000)))
    assert found.message.startswith("idna==3.0 (requirements.txt:1) and idna==3.1 (requirements.txt:2) and ")
    assert found.message.endswith("idna==3.9 (requirements.txt:10) and 1990 more contradict one another.")


@pytest.mark.parametrize(
    "text",
    [
        "six==1.15\nsix==1.15.0\nsix>1\n",
        "six==1.15\nsix==1.16 ; python_version < '3.12'\n",
        "six==1.15\n-c pins.txt\n",
        "six==1.*\nsix==1.15\n",
    ],
)
def test_lines_that_one_version_pleases_do_not_contradict(site: Site, text: str) -> None:
    site.index.wheel("six", "1.15")
    site.write("pins.txt", "idna==3.6\nidna==3.7\n")
    assert site.versions(text) == {"six": "1.15"}


def test_a_local_version_pleases_a_pin_without_it(site: Site) -> None:
    site.index.wheel("torch", "2.0+cpu")
    assert site.versions("torch==2.0\ntorch==2.0+cpu\n") == {"torch": "2.0+cpu"}


def test_a_conflict_deep_inside_names_the_line_of_each_requirement_in_it(site: Site) -> None:
    site.index.wheel("shop", "1.0", "idna>=3")
    site.index.wheel("idna", "2.0")
    site.index.wheel("idna", "3.0")
    error = refusal(site, "shop\n# pinned\nidna==2.0\n")
    assert error.message.endswith(" See requirements.txt:1 (shop), requirements.txt:3 (idna).")


@pytest.mark.parametrize("with_source", [True, False])
@pytest.mark.parametrize("text", ["shop>=1.1,<1.3\n", "till\n"])
def test_versions_that_are_all_withdrawn_are_told_as_such(site: Site, text: str, *, with_source: bool) -> None:
    site.index.wheel("shop", "1.0")
    site.index.wheel("till", "1.0", "shop>=1.1,<1.3")
    for version in ("1.1", "1.2"):
        site.index.wheel("shop", version).yanked = "it eats data"
        if with_source:  # then uv says something else
            site.index.add(make_sdist("shop", version, {})).yanked = "it eats data"
    error = refusal(site, text)
    assert error.message == "shop 1.1 to 1.2 were withdrawn by the authors, and http allows no other version."
    assert error.hint == "Ask for another version, or for exactly `shop==1.2` to have it all the same."
    assert error.location == Location("requirements.txt", 1)


def test_metadata_that_cannot_be_read_are_told(site: Site) -> None:
    site.index.wheel("shop", "1.0", "what is this?")
    error = refusal(site, "shop\n")
    assert "shop==1.0 has invalid metadata" in error.message
    assert "what is this?. Ask for another version of it" in error.hint


def test_metadata_that_cannot_be_had_are_told_at_the_lines_that_bring_their_wheels_in(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    gone = [site.index.wheel("cart", "1.0", "till"), site.index.wheel("till", "1.0"), site.index.wheel("idna", "3.7")]
    assert set(site.versions("shop\nidna\n")) == {"shop", "cart", "till", "idna"}
    for file in gone:  # uv has kept theirs
        site.index.lost.add(file.filename)
        shutil.rmtree(next(path.parent for path in site.cache.rglob(f"{file.sha256}.metadata")))
    found = refusals(site, "shop\nidna\n")
    assert {(each.message.partition("-")[0], each.location and each.location.line) for each in found} == {
        ("cart", 1),
        ("till", None),  # by way of whom is not known without the metadata of cart
        ("idna", 2),
    }
    assert any(each.message.endswith(" It is in the layer because of shop → cart.") for each in found)


def test_a_python_that_something_deep_inside_excludes_is_told_with_who_needs_it(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart==1.0")
    site.index.wheel("cart", "1.0", python="<3.12")
    error = refusal(site, "# why\nshop\n")
    assert error.message.startswith("cart 1.0 does not support Python 3.12: it requires Python <3.12. It is in the")
    assert error.location == Location("requirements.txt", 2)


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
    hint = refusal(site, "fast==1.0\n").hint
    assert "The newest version with a wheel that fits is 3.0: ask for `fast==3.0`." in hint
    assert "The next one after 1.0 is 2.0." in hint


def test_a_missing_wheel_deep_inside_points_at_the_line_that_brings_it(site: Site) -> None:
    site.index.wheel("cart", "1.0")
    site.index.wheel("shop", "1.0", "driver")
    site.index.wheel("driver", "1.0", tags="cp312-cp312-win_amd64")
    error = refusal(site, "cart\nshop\n")
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
    assert refusal(site, "fast==1.0\n").message.endswith(
        "Its wheels are for cp39 on manylinux_2_17_aarch64 and 1 other platform."
    )


def test_a_proof_of_hundreds_of_versions_is_cut(site: Site) -> None:
    for minor in range(150):
        site.index.wheel("shop", f"1.{minor}", f"cart=={minor}")
        site.index.wheel("cart", str(minor), f"till=={minor}")
    site.index.wheel("till", "999")
    assert len(refusal(site, "shop\n").message) < 1500
