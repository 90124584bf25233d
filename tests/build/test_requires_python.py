"""Projects of the repository for other Pythons than the layer's: refused at their line, as installers refuse them."""

import pytest

from layer_action.build.wheels.select import admits
from layer_action.errors import Location, Problems, ResolutionError
from tests.build.workshop import PROJECT, X86_311, Site
from tests.standins.index import make_sdist


def project(site: Site, folder: str, requires: str, needs: str = "[]") -> None:
    text = PROJECT.format("common", "0.1", needs)
    site.write(f"{folder}pyproject.toml", f'{text}# requires-python\nrequires-python = "{requires}"\n')


def refusal(site: Site, place: str) -> ResolutionError:
    named = place if place.endswith(".toml") else "requirements.txt"
    return site.refusal(f"{place}\n", X86_311, requirements=(named,))


@pytest.mark.parametrize("requires", [">=3.12", "<3.11", "==3.12.*"])
@pytest.mark.parametrize("place", ["pyproject.toml", "./libs/common"])
def test_a_project_for_other_pythons_is_refused_at_its_line(site: Site, place: str, requires: str) -> None:
    site.index.wheel("cart", "1.0")
    file = "pyproject.toml" if place == "pyproject.toml" else "libs/common/pyproject.toml"
    project(site, file.removesuffix("pyproject.toml"), requires, '["cart"]')
    error = refusal(site, place)
    assert error.message == f"{file} is for Python {requires}, not for 3.11 x86_64."
    assert error.location == Location(file, 6)
    assert error.hint == "Change its requires-python, or the `runtimes` of the layer."


@pytest.mark.parametrize("place", ["pyproject.toml", "./libs/common"])
def test_a_later_patch_level_is_that_of_lambda_too(site: Site, place: str) -> None:
    site.index.wheel("cart", "1.0")
    project(site, "" if place == "pyproject.toml" else "libs/common/", ">=3.11.4", '["cart"]')
    name = place if place == "pyproject.toml" else "requirements.txt"
    assert "cart" in site.versions("./libs/common\n", X86_311, requirements=(name,))


def test_a_project_for_other_pythons_is_told_with_all_else_that_is_wrong(site: Site) -> None:
    project(site, "", ">=3.12", '["nobody"]')
    project(site, "libs/common/", ">=3.12")
    site.write("requirements.txt", "./libs/common\nnothing\n")
    with pytest.raises(Problems) as caught:
        site.resolve(target=X86_311, requirements=("pyproject.toml", "requirements.txt"))
    assert [str(each.location) for each in caught.value.problems] == [
        "libs/common/pyproject.toml:6",
        "pyproject.toml:4",
        "pyproject.toml:6",
        "requirements.txt:2",
    ]


@pytest.mark.parametrize("pythons", ["three", f">={'9' * 5000}"], ids=["words", "number"])
def test_pythons_that_nobody_can_read_are_passed_over_as_by_pip(pythons: str) -> None:
    assert admits(pythons, X86_311)


def test_a_project_that_comes_to_be_for_other_pythons_is_looked_at_anew(site: Site) -> None:
    project(site, "", ">=3.11", '["cart"]')
    before = site.inputs_hash(requirements=("pyproject.toml",))
    project(site, "", ">=3.12", '["cart"]')
    assert site.inputs_hash(requirements=("pyproject.toml",)) != before


def test_a_project_that_says_so_elsewhere_is_refused_at_the_line_that_asks_for_it(site: Site) -> None:
    told = "Metadata-Version: 2.2\nName: common\nVersion: 0.1\nRequires-Python: >=3.12\n"
    sdist = make_sdist("common", "0.1", {"PKG-INFO": told})
    (site.root / sdist.filename).write_bytes(sdist.content)
    error = refusal(site, f"./{sdist.filename}")
    assert str(error).startswith(f"requirements.txt:1: {sdist.filename} is for Python >=3.12, not for 3.11 x86_64.")
