"""uv.lock: what it gives, what another spelling is not, what no lock of uv can promise."""

import shutil

import pytest

from layer_action.errors import ConfigError, Location, ResolutionError
from layer_action.model.lock import Source
from tests.build.locks import UV_LOCK, UV_PROJECT, run_uv, silence, stocked
from tests.build.workshop import PROJECT, X86_311, Site
from tests.standins.index import make_sdist


@pytest.fixture
def shop(site: Site) -> Site:
    return stocked(site)


def test_a_uv_lock_gives_roots_extras_and_groups_without_an_index(shop: Site) -> None:
    shop.write("pyproject.toml", UV_PROJECT)
    run_uv(shop, "lock")
    silence(shop)
    lock = shop.resolve(target=X86_311, requirements=UV_LOCK).lock
    assert [(d.name, d.direct, d.required_by) for d in lock.distributions] == [
        ("cart", False, ("shop",)),
        ("shop", True, ()),
        ("tomli", False, ("shop",)),
    ]
    assert set(shop.versions(requirements=UV_LOCK, extras=("more",), groups=("lambda",))) == {
        "shop",
        "cart",
        "six",
        "attrs",
    }


def test_what_only_another_platform_wants_may_have_no_file_in_a_uv_lock(site: Site) -> None:
    site.index.wheel("shop", "1.0", 'cart ; sys_platform == "win32"')
    site.index.wheel("cart", "1.0", "till")
    site.index.wheel("till", "1.0", tags="cp312-cp312-manylinux_2_17_aarch64")
    site.write("pyproject.toml", PROJECT.format("app", "0", '["shop"]'))
    run_uv(site, "lock")
    assert 'name = "till"' in (site.root / "uv.lock").read_text()
    assert site.versions(requirements=UV_LOCK) == {"shop": "1.0"}


def test_a_uv_lock_leaves_out_what_is_provided(shop: Site) -> None:
    shop.write("pyproject.toml", UV_PROJECT)
    run_uv(shop, "lock")
    assert set(shop.versions(requirements=UV_LOCK, provided=("cart",))) == {"shop"}


def test_a_uv_lock_with_a_project_of_the_repository(shop: Site) -> None:
    shop.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", '["cart"]'))
    shop.write(
        "pyproject.toml",
        UV_PROJECT.replace('"shop"', '"common>=0.1"')
        + '[tool.uv.sources]\ncommon = {path = "libs/common", editable = true}\n',
    )
    run_uv(shop, "lock")
    resolution = shop.resolve(requirements=UV_LOCK)
    assert resolution.findings == ()
    found = resolution.lock.get("common")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert (found.version, found.origin.location, found.direct) == ("0.1", "libs/common", True)
    assert "libs/common" in shop.inputs(requirements=UV_LOCK).projects
    first = shop.inputs(requirements=UV_LOCK).inputs_hash
    shop.write("libs/common/common.py", "a = 1\n")
    assert shop.inputs(requirements=UV_LOCK).inputs_hash != first


def test_settings_for_builds_of_a_locked_project_are_told_where_something_is_built(shop: Site) -> None:
    shop.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    text = UV_PROJECT.replace('"shop"', '"common"') + '[tool.uv.sources]\ncommon = {path = "libs/common"}\n'
    settings = '[tool.uv]\nresolution = "lowest"\nbuild-constraint-dependencies = ["setuptools<80"]\n'
    shop.write("pyproject.toml", text + settings)
    run_uv(shop, "lock")
    (finding,) = shop.resolve(requirements=UV_LOCK).findings
    assert (finding.check, finding.location) == ("setting-not-heeded", Location("pyproject.toml", 15))


def test_a_uv_lock_below_the_root_finds_its_projects(shop: Site) -> None:
    shop.write("libs/common/pyproject.toml", PROJECT.format("common", "0.1", "[]"))
    shop.write(
        "pyproject.toml",
        UV_PROJECT.replace('"shop"', '"common"') + '[tool.uv.sources]\ncommon = {path = "../../libs/common"}\n',
    )
    folder = shop.root / "layers" / "data"
    folder.mkdir(parents=True)
    shutil.move(shop.root / "pyproject.toml", folder / "pyproject.toml")
    run_uv(shop, "lock", "--project", "layers/data")
    found = shop.resolve(requirements=("layers/data/uv.lock",)).lock.get("common")
    assert found is not None
    assert isinstance(found.origin, Source)
    assert found.origin.location == "libs/common"


def test_an_override_of_uv_may_contradict_metadata(shop: Site) -> None:
    shop.index.wheel("till", "1.0", "cart>=9")
    shop.write(
        "pyproject.toml", UV_PROJECT.replace('"shop"', '"till"') + '[tool.uv]\noverride-dependencies = ["cart<9"]\n'
    )
    run_uv(shop, "lock")
    assert shop.versions(requirements=UV_LOCK) == {"till": "1.0", "cart": "2.1"}


def test_a_uv_lock_alone_says_what_it_misses(site: Site) -> None:
    site.write("uv.lock", "version = 1\n")
    with pytest.raises(ConfigError, match=r"uv\.lock has no pyproject\.toml beside it"):
        site.resolve(requirements=UV_LOCK)


def test_an_unknown_extra_of_a_uv_lock_is_told_by_name(shop: Site) -> None:
    shop.write("pyproject.toml", UV_PROJECT)
    run_uv(shop, "lock")
    with pytest.raises(ConfigError, match="nope"):
        shop.resolve(requirements=UV_LOCK, extras=("nope",))


def test_a_uv_lock_that_is_behind_its_project_is_a_warning(shop: Site) -> None:
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"Shop>=1.0,<9", "six[x] ; python_version>\'3\'"'))
    run_uv(shop, "lock")
    assert shop.resolve(requirements=UV_LOCK).findings == ()
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"shop>=2"'))
    (finding,) = shop.resolve(requirements=UV_LOCK).findings
    assert finding.check == "lock-behind"
    assert finding.message == "uv.lock is older than its pyproject.toml, which now asks otherwise for shop, six."
    assert finding.location == Location("pyproject.toml", 5)


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
