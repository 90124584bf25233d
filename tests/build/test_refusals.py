"""Requirements that cannot be met: what is wrong, on which line, what there is instead."""

import shutil

import pytest

from layer_action.errors import BuildError, ConfigError, Location, ResolutionError
from layer_action.ports.building import Preferences
from tests.build.workshop import PROJECT, Site
from tests.standins.index import IndexedFile, make_sdist

BUILD = {"setup.py": "raise SystemExit('it was run')\n"}


def test_a_name_that_no_index_has_is_to_be_spelt_or_looked_for_elsewhere(site: Site) -> None:
    hint = site.refusal("reqeusts\n").hint
    assert "Check the spelling of reqeusts." in hint
    assert "UV_DEFAULT_INDEX" in hint


def test_a_name_that_the_layer_held_before_is_offered_for_a_misspelt_one(site: Site) -> None:
    site.write("requirements.txt", "reqeusts\n")
    with pytest.raises(ResolutionError) as caught:
        site.resolve(preferences=Preferences(versions={"requests": "2.0", "idna": "3.7"}))
    assert caught.value.hint.startswith("Before, the layer held requests: is it that?")


def test_a_module_that_is_asked_for_by_its_own_name_is_told_with_its_distribution(site: Site) -> None:
    site.index.wheel("psycopg2", "2.9", tags="cp312-cp312-win_amd64")
    found = site.refusals("PIL\njson\npsycopg2\n")
    assert [each.hint.split(". ")[0].splitlines()[0].rstrip(".") for each in found] == [
        "Ask for `pillow` instead",
        "`json` is part of Python itself: remove it",
        "Ask for `psycopg2-binary` instead",
    ]


def test_who_needs_a_name_that_no_index_has_is_told_instead_of_its_spelling(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart[fast]>=2")
    site.index.wheel("cart", "2.0", "driver")
    error = site.refusal("shop==1.0\n")
    assert error.hint.startswith("cart needs it: ask for another version of cart, or set the index that has driver.")


def test_a_project_of_the_repository_that_needs_what_no_index_has_is_to_be_corrected(site: Site) -> None:
    site.write("libs/till/pyproject.toml", PROJECT.format("till", "1.0", '["driver"]'))
    assert site.refusal("-e ./libs/till\n").hint.startswith("till needs it: correct it in libs/till, or set the index")


def test_everything_that_is_wrong_with_a_layer_is_told_at_once(site: Site) -> None:
    site.index.wheel("shop", "1.0", tags="cp312-cp312-win_amd64")
    site.index.wheel("idna", "3.7")
    site.index.wheel("till", "1.0", "idna<3")
    site.index.wheel("six", "1.15")
    site.index.wheel("six", "1.16")
    found = site.refusals("shop\nnobody\nidna==3.8\ntill\nidna\nsix==1.15\nsix==1.16\nsome-body==2\n")
    assert [each.location and each.location.line for each in found] == [1, 2, 3, 4, 6, 8]


def test_what_must_not_be_built_is_told_with_all_that_no_index_has(site: Site) -> None:
    site.write("libs/till/pyproject.toml", PROJECT.format("till", "1.0", "[]"))
    site.index.wheel("shop", "1.0", "till")
    site.index.add(make_sdist("cart", "1.0", BUILD))
    site.write("requirements.txt", "-e ./libs/till\nshop\nnobody\ncart\n")
    found = site.refusals(build_from_source="none")
    assert [each.location and each.location.line for each in found] == [1, 3, 4], "shop only lacks till"
    assert {each.hint.rpartition("write ")[2] for each in found if each.distribution} == {
        "`build-from-source: [till, cart]`."
    }


def test_beside_a_line_that_cannot_be_read_the_others_are_held_to_the_index(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    found = site.refusals("shop==2\nwhat is this\nnobody\n-r more.txt\n")
    assert [each.location and each.location.line for each in found] == [1, 2, 3, 4]


def test_beside_a_dependency_of_a_project_that_cannot_be_read_the_others_are_held_to_the_index(site: Site) -> None:
    site.write("pyproject.toml", PROJECT.format("site", "1", '[\n"what is this",\n"nobody",\n]'))
    found = site.refusals(requirements=("pyproject.toml",))
    assert [each.location and each.location.line for each in found] == [5, 6]


def test_beside_a_refused_index_only_what_no_index_changes_is_told(site: Site) -> None:
    url = "https://one.example/cart-1.0.tar.gz"
    found = site.refusals(f"--extra-index-url https://one.example\nnobody\nsix==1\nsix==2\ncart @ {url}\n")
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
    found = site.refusals("\n".join(urls))
    assert [each.location and each.location.line for each in found] == [2, 3]
    assert "cart-1.0-py3-none-any.whl could not be" in found[0].message


def test_an_url_with_nothing_behind_it_is_to_be_corrected(site: Site) -> None:
    error = site.refusal(f"six\ncart @ http://127.0.0.1:{site.index.port}/files/cart-1.0-py3-none-any.whl\n")
    assert error.location == Location("requirements.txt", 2)
    assert error.message.endswith("could not be read: HTTP status client error (404 Not Found).")
    assert error.hint == "Correct the address in that line: the server has nothing there."


def test_a_wheel_that_an_index_lists_and_has_no_more_is_told_by_name(site: Site) -> None:
    site.index.lost.add(site.index.wheel("Shop_Cart", "1.0").filename)
    error = site.refusal("shop-cart\n")
    assert error.message.endswith("could not be read: HTTP status client error (404 Not Found).")
    assert error.distribution == "shop-cart"


def test_an_index_that_wants_a_login_is_told_once_for_all_names(site: Site) -> None:
    site.index.login = ("team", "secret")
    error = site.refusal("shop\ncart\ntill\n")
    assert "401" in error.hint
    assert "NETRC" in error.hint


@pytest.mark.parametrize("with_source", [True, False])
@pytest.mark.parametrize("text", ["shop>=1.1,<1.3\n", "till\n"])
def test_versions_that_are_all_withdrawn_are_told_as_such(site: Site, text: str, *, with_source: bool) -> None:
    site.index.wheel("shop", "1.0")
    site.index.wheel("till", "1.0", "shop>=1.1,<1.3")
    for version in ("1.1", "1.2"):
        site.index.wheel("shop", version).yanked = "it eats data"
        if with_source:  # then uv says something else
            site.index.add(make_sdist("shop", version, {})).yanked = "it eats data"
    error = site.refusal(text)
    assert error.message == "shop 1.1 to 1.2 were withdrawn by the authors, and http allows no other version."
    assert error.hint == "Ask for another version, or for exactly `shop==1.2` to have it all the same."
    assert error.location == Location("requirements.txt", 1)


def test_metadata_that_cannot_be_read_are_told(site: Site) -> None:
    site.index.wheel("shop", "1.0", "what is this?")
    error = site.refusal("shop\n")
    assert "shop==1.0 has invalid metadata" in error.message
    assert "what is this?. Ask for another version of it" in error.hint


def test_metadata_that_cannot_be_had_are_told_at_the_lines_that_bring_their_wheels_in(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart")
    gone = [site.index.wheel("cart", "1.0", "till"), site.index.wheel("till", "1.0"), site.index.wheel("idna", "3.7")]
    assert set(site.versions("shop\nidna\n")) == {"shop", "cart", "till", "idna"}
    for file in gone:  # uv has kept theirs
        site.index.lost.add(file.filename)
        shutil.rmtree(next(path.parent for path in site.cache.rglob(f"{file.sha256}.metadata")))
    found = site.refusals("shop\nidna\n")
    assert {(each.message.partition("-")[0], each.location and each.location.line) for each in found} == {
        ("cart", 1),
        ("till", None),  # by way of whom is not known without the metadata of cart
        ("idna", 2),
    }
    assert any(each.message.endswith(" It is in the layer because of shop → cart.") for each in found)


def test_a_python_that_something_deep_inside_excludes_is_told_with_who_needs_it(site: Site) -> None:
    site.index.wheel("shop", "1.0", "cart==1.0")
    site.index.wheel("cart", "1.0", python="<3.12")
    error = site.refusal("# why\nshop\n")
    assert error.message.startswith("cart 1.0 does not support Python 3.12: it requires Python <3.12. It is in the")
    assert error.location == Location("requirements.txt", 2)


def test_a_version_that_there_is_not_is_answered_with_the_newest_that_fits(site: Site) -> None:
    site.index.wheel("shop", "1.5")
    site.index.wheel("shop", "2.0rc1")
    site.index.wheel("shop", "3.0", tags="cp312-cp312-win_amd64")
    error = site.refusal("# pins\nshop==1.7\n")
    assert error.location == Location("requirements.txt", 2)
    assert "Of shop, the newest that fits is 1.5." in error.hint


@pytest.mark.parametrize(
    ("there", "way"), [("2.2.1", "ask for `torch==2.2.1`"), ("2.3", "ask for another version: 2.3 is the newest")]
)
def test_a_local_version_is_told_to_be_of_another_index(site: Site, there: str, way: str) -> None:
    site.index.wheel("torch", there)
    hint = site.refusal("torch==2.2.1+cu121\n").hint
    assert hint.startswith("2.2.1+cu121 is a build that its makers' own index has")
    assert way in hint


def test_metadata_of_another_name_are_told_at_the_line_that_asks_for_it(site: Site) -> None:
    file = site.index.wheel("till", "1.0")
    site.index.add(IndexedFile(filename="cart-1.0-py3-none-any.whl", content=file.content))
    site.index.wheel("shop", "1.0")
    with pytest.raises(ResolutionError, match="as cart says in its metadata that it is till") as caught:
        site.resolve("shop\ncart\n")
    assert caught.value.location == Location("requirements.txt", 2)


def test_a_cache_that_uv_cannot_use_is_told_with_the_way_out(site: Site) -> None:
    site.index.wheel("shop", "1.0")
    (site.cache / "uv" / ".lock").mkdir(parents=True)
    with pytest.raises(BuildError, match="uv cannot use what it kept") as caught:
        site.resolve("shop\n")
    assert caught.value.hint == "Remove the folder `uv` of `cache-dir`, and run again."
