"""Links of the repository: followed where they stay in it, refused where they lead out of it or never end."""

import zipfile
from pathlib import Path

import pytest

from layer_action.build.asking.projects import local_identity
from layer_action.build.splicing.own_files import own_files
from layer_action.errors import ConfigError
from tests.build.sources import BACKEND, build, project
from tests.build.workshop import ARM_312, Site, spec_of


def test_a_link_out_of_the_repository_is_not_included(site: Site) -> None:
    (site.cache.parent / "secret").write_text("hunter2")
    (site.root / "link").symlink_to(site.cache.parent / "secret")
    with pytest.raises(ConfigError, match="out of the repository"):
        own_files(spec_of(ARM_312, include=("link",)), site.root)


def link(site: Site, path: str, to: str | Path) -> None:
    place = site.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to)


def included(site: Site, *patterns: str) -> list[str]:
    return [file.path for file in own_files(spec_of(ARM_312, include=patterns), site.root)]


def test_a_link_to_a_folder_of_the_repository_is_followed(site: Site) -> None:
    site.write("shared/rates/tax.py", "rate = 0.2\n")
    site.write("src/shop/cart.py", "x\n")
    link(site, "src/shop/rates", "../../shared/rates")
    assert included(site, "src/shop") == ["python/shop/cart.py", "python/shop/rates/tax.py"]


def test_links_that_lead_back_end(site: Site) -> None:
    site.write("src/shop/cart.py", "x\n")
    link(site, "src/shop/self", ".")
    link(site, "src/shop/up", "..")
    link(site, "src/shop/deep/down", "../..")
    assert included(site, "src/shop") == ["python/shop/cart.py"]


def test_links_that_multiply_without_end_are_refused(site: Site) -> None:
    site.write("src/shop/a0/cart.py", "x\n")
    for number in range(18):
        for name in ("one", "two"):
            link(site, f"src/shop/a{number + 1}/{name}", f"../a{number}")
    with pytest.raises(ConfigError, match="more than 1000 links"):
        included(site, "src/shop")


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("../../../secret", "a link out of the repository"),
        ("/proc/self/environ", "a link out of the repository"),
        ("../../.git/config", "a link out of the repository"),
        ("../../.git", "a link out of the repository"),
        ("gone.py", "a link to nothing"),
        ("leak", "a link to nothing"),
    ],
)
def test_a_link_to_what_is_not_of_the_repository_goes_into_no_layer_and_no_build(
    site: Site, to: str, says: str
) -> None:
    source = project(site)
    (site.root.parent / "secret").write_text("hunter2")
    site.write(".git/config", "token = hunter2\n")
    link(site, "libs/common/leak", to)
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}") as caught:
        included(site, "libs/common")
    assert caught.value.hint
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}"):
        build(site, source)
    with pytest.raises(ConfigError, match=f"libs/common/leak is {says}"):
        local_identity(site.root / "libs/common", root=site.root)


def test_a_project_is_built_with_the_folders_that_it_links_to(site: Site) -> None:
    site.write("shared/rates.py", "rate = 0.2\n")
    (site.root / "libs/common").mkdir(parents=True)
    link(site, "libs/common/shared", "../../shared")
    wheel = build(site, project(site, BACKEND.replace('return "pass"', 'return open("shared/rates.py").read()')))
    with zipfile.ZipFile(wheel) as archive:
        assert archive.read("common.py") == b"rate = 0.2\n"


def test_gits_own_folder_is_no_place_for_requirements(site: Site) -> None:
    site.write(".git/config", "token = hunter2\n")
    with pytest.raises(ConfigError, match="outside of the repository"):
        site.inputs("-r .git/config\n")
