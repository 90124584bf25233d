"""A uv.lock with extras that exclude one another: what the chosen one asks for is direct."""

import pytest

from tests.build.locks import UV_LOCK, UV_PROJECT, run_uv
from tests.build.workshop import PROJECT, Site

CONFLICTS = """\
[project]
name = "data"
version = "0"
requires-python = ">=3.11"
dependencies = ["shop"]
[project.optional-dependencies]
old = ["cart<2"]
new = ["cart>=2"]
[tool.uv]
conflicts = [[{extra = "old"}, {extra = "new"}]]
"""


@pytest.fixture
def shop(site: Site) -> Site:
    site.index.wheel("shop", "1.0", "cart")
    site.index.wheel("cart", "1.0")
    site.index.wheel("cart", "2.1")
    site.index.wheel("cart", "2.2", python=">=3.12")
    site.index.wheel("six", "1.17")
    site.index.wheel("attrs", "26.1")
    return site


@pytest.mark.parametrize(("extra", "version"), [("old", "1.0"), ("new", "2.2")])
def test_what_an_extra_in_conflict_asks_for_is_asked_for(shop: Site, extra: str, version: str) -> None:
    shop.write("pyproject.toml", CONFLICTS)
    run_uv(shop, "lock")
    lock = shop.resolve(requirements=UV_LOCK, extras=(extra,)).lock
    assert [(d.name, d.version, d.direct, d.required_by) for d in lock.distributions] == [
        ("cart", version, True, ("shop",)),
        ("shop", "1.0", True, ()),
    ]


def test_what_an_extra_in_conflict_asks_for_stays_when_who_needs_it_too_is_provided(shop: Site) -> None:
    shop.write("pyproject.toml", CONFLICTS)
    run_uv(shop, "lock")
    assert shop.versions(requirements=UV_LOCK, extras=("new",), provided=("shop",)) == {"cart": "2.2"}


def test_an_extra_in_conflict_of_a_project_beside_is_followed(shop: Site) -> None:
    extras = '[project.optional-dependencies]\nold = ["cart<2"]\nnew = ["cart>=2", "shop"]\n'
    shop.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["six"]') + extras)
    shop.write(
        "pyproject.toml",
        UV_PROJECT.replace('"shop"', '"common[new]"')
        + '[tool.uv]\nconflicts = [[{package = "common", extra = "old"}, {package = "common", extra = "new"}]]\n'
        + '[tool.uv.sources]\ncommon = {workspace = true}\n[tool.uv.workspace]\nmembers = ["libs/*"]\n',
    )
    run_uv(shop, "lock")
    found = shop.resolve(requirements=UV_LOCK).lock.get("cart")
    assert found is not None
    assert (found.version, found.required_by) == ("2.2", ("common", "shop"))
