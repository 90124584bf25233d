"""uv.lock beyond the plain case: what conflicts, what another spelling is not, what no lock of uv can promise."""

import pytest

from layer_action.errors import ResolutionError
from tests.build.test_locks import UV_LOCK, UV_PROJECT, run_uv
from tests.build.workshop import PROJECT, X86_311, Site
from tests.standins.index import make_sdist

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


@pytest.mark.parametrize("same", ["Cart==v2.1", "cart == 2.1.0", "cart==2.1 ; python_version >= '3.8'"])
def test_another_spelling_of_a_requirement_leaves_a_uv_lock_as_it_is(shop: Site, same: str) -> None:
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', f'"{same}"'))
    run_uv(shop, "lock")
    assert shop.resolve(requirements=UV_LOCK).findings == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"shop"', '"shop[fast]"'),
        ('"shop"', '"shop", "six ; python_version >= \'3.12\'"'),
        ('"shop"', "\"shop ; sys_platform == 'win32'\""),
        ('more = ["six"]', 'more = ["six>=2"]'),
        ('more = ["six"]', 'more = ["six"]\nother = ["data[more]"]'),
        ('lambda = ["attrs"]', 'lambda = [{include-group = "dev"}, "six"]'),
    ],
)
def test_a_uv_lock_is_behind_an_extra_a_marker_and_a_group_too(shop: Site, before: str, after: str) -> None:
    shop.write("pyproject.toml", UV_PROJECT)
    run_uv(shop, "lock")
    shop.write("pyproject.toml", UV_PROJECT.replace(before, after))
    assert [finding.check for finding in shop.resolve(requirements=UV_LOCK).findings] == ["lock-behind"]


def test_a_version_that_uv_locked_for_a_newer_glibc_is_told_with_a_way_that_leads_out(site: Site) -> None:
    site.index.wheel("fast", "1", tags="cp311-cp311-manylinux_2_17_x86_64")
    for version in ("2", "3", "4"):
        site.index.wheel("fast", version, tags="cp311-cp311-manylinux_2_28_x86_64")
    project = UV_PROJECT.replace('"shop"', '"fast"').replace("six", "fast").replace("attrs", "fast")
    site.write("pyproject.toml", project)
    run_uv(site, "lock")
    with pytest.raises(ResolutionError, match=r"fast 4 in uv\.lock has no wheel that fits") as caught:
        site.resolve(target=X86_311, requirements=UV_LOCK)
    way_out = "constraint-dependencies = [\"fast<=1 ; python_version < '3.12'\"]"
    assert way_out in caught.value.hint
    assert "pyproject.toml" in caught.value.hint
    site.write("pyproject.toml", f"{project}[tool.uv]\n{way_out}\n")
    run_uv(site, "lock")
    assert site.versions(target=X86_311, requirements=UV_LOCK) == {"fast": "1"}
    assert site.versions(target=X86_311, requirements=("pyproject.toml",)) == {"fast": "1"}


def test_a_uv_lock_with_wheels_for_other_machines_is_told_to_be_built_if_it_can_be(site: Site) -> None:
    site.index.add(make_sdist("fast", "1", {"pyproject.toml": PROJECT.format("fast", "1", "[]")}))
    site.index.wheel("fast", "1", tags="cp312-cp312-win_amd64")
    site.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"fast"').replace("six", "fast").replace("attrs", "fast"))
    run_uv(site, "lock")
    with pytest.raises(ResolutionError, match="The lock has wheels for cp312 on win_amd64") as caught:
        site.resolve(requirements=UV_LOCK)
    assert caught.value.hint == "To run its code and build it, write `build-from-source: [local, fast]`."


def test_a_uv_lock_with_source_code_only_is_told_how_it_may_be_built(site: Site) -> None:
    site.index.add(make_sdist("fast", "1", {"pyproject.toml": PROJECT.format("fast", "1", "[]")}))
    site.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"fast"').replace("six", "fast").replace("attrs", "fast"))
    run_uv(site, "lock")
    with pytest.raises(ResolutionError, match="has no wheel: the lock has source code only") as caught:
        site.resolve(requirements=UV_LOCK)
    assert caught.value.hint == "To run its code and build it, write `build-from-source: [local, fast]`."
