"""Requirements that exclude one another: each is told with its line."""

import pytest

from tests.build.workshop import Site


def test_all_pins_that_exclude_one_another_are_told_each_with_its_lines(site: Site) -> None:
    site.write("more.txt", "idna==3.6\nattrs>=2\ntill==1\n")
    site.write("pins.txt", "attrs==1.0\ntill==2\n")
    found = site.refusals("-r more.txt\n-c pins.txt\nIDNA==3.7\n")
    assert [each.message for each in found] == [
        "idna==3.6 (more.txt:1) and idna==3.7 (requirements.txt:3) contradict one another.",
        "till==1 (more.txt:3) and till==2 (pins.txt:2) contradict one another.",
        "attrs==1.0 (pins.txt:1) and attrs>=2 (more.txt:2) contradict one another.",
    ]


def test_of_thousands_of_pins_that_exclude_one_another_ten_are_told(site: Site) -> None:
    found = site.refusal("".join(f"idna==3.{number}\n" for number in range(2000)))
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
    error = site.refusal("shop\n# pinned\nidna==2.0\n")
    assert error.message.endswith(" See requirements.txt:1 (shop), requirements.txt:3 (idna).")


def test_a_proof_of_hundreds_of_versions_is_cut(site: Site) -> None:
    for minor in range(150):
        site.index.wheel("shop", f"1.{minor}", f"cart=={minor}")
        site.index.wheel("cart", str(minor), f"till=={minor}")
    site.index.wheel("till", "999")
    assert len(site.refusal("shop\n").message) < 1500
