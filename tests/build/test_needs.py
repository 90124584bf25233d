"""What wheels need by their own word, whatever a lock tells of them."""

import shutil
from collections.abc import Mapping

import pytest
from packaging.specifiers import SpecifierSet

from layer_action.build.builder import WheelBuilder
from layer_action.build.resolving.needs import is_narrow
from layer_action.decide.artifacts import contents_of
from layer_action.errors import Location, ResolutionError
from layer_action.http import Http
from layer_action.model.layer import LayerContent, LayerSize, Severity
from layer_action.model.own_files import OwnFiles
from layer_action.ports.building import Resolution
from tests.build.locks import PYLOCK, UV_LOCK, UV_PROJECT, line_of, locked_by_uv, run_uv, stocked
from tests.build.workshop import ARM_312, PROJECT, X86_311, Site, spec_of
from tests.fakes import RecordingConsole

SOURCES = "[tool.uv.sources]\n{} = {}\n"
PDM = "[tool.pdm.resolution]\n"
RESTATED = "[[tool.uv.dependency-metadata]]\nname = 'Shop'\nrequires-dist = []\n"
MISSING = "shop 1.0 needs cart, which is not in the lock."
UNSUITED = "till 1.0 needs cart>=9, but the lock holds cart 2.1."


@pytest.fixture
def shop(site: Site) -> Site:
    stocked(site)
    site.index.wheel("till", "1.0", "cart>=9")
    return site


def builder(site: Site) -> WheelBuilder:
    return WheelBuilder(env=site.env, cache=site.cache, http=Http(site.env, attempts=1), console=RecordingConsole())


def content(resolution: Resolution, **overrides: object) -> LayerContent:
    spec = spec_of(ARM_312, **{"requirements": PYLOCK, **overrides})
    locks = {ARM_312: resolution.lock}
    (found,) = contents_of(spec, locks, own_files=OwnFiles(), inputs_hash="i:000000000000")
    return found


def write_lock(site: Site, needs: Mapping[str, str]) -> None:
    """Write a pylock of wheels of the index, each with the names that it tells to be needed; "" for no word."""
    text = 'lock-version = "1.0"\ncreated-by = "a test"\n'
    for name, needed in needs.items():
        (file,) = site.index.files[name]
        url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
        text += f'[[packages]]\nname = "{name}"\nversion = "{file.filename.split("-")[1]}"\n'
        text += f"dependencies = {needed}\n" if needed else ""
        text += f'wheels = [{{url = "{url}", hashes = {{sha256 = "{file.sha256}"}}}}]\n'
    site.write("pylock.toml", text)


def measured(site: Site, resolution: Resolution) -> LayerSize:
    size = builder(site).measure(content(resolution))
    assert isinstance(size, LayerSize)
    return size


def test_a_plan_asks_the_wheels_whose_sizes_it_reads_and_nobody_else(shop: Site) -> None:
    write_lock(shop, {"shop": "[]"})
    resolution = shop.resolve(requirements=PYLOCK)
    assert shop.index.requests == []
    with pytest.raises(ResolutionError) as caught:
        builder(shop).measure(content(resolution))
    assert (caught.value.message, caught.value.distribution) == (MISSING, "shop")
    assert "provided: [cart]" in caught.value.hint
    assert shop.index.requests == ["/files/shop-1.0-py3-none-any.whl"]


def test_all_that_a_wheel_misses_is_told_at_once_for_it_may_be_thousands(shop: Site) -> None:
    names = [f"d{number}" for number in range(12)]
    shop.index.wheel("mall", "1.0", *(f"{name}>=1" for name in names))
    for told in ("[]", ""):
        write_lock(shop, {"mall": told})
        with pytest.raises(ResolutionError) as caught:
            measured(shop, shop.resolve(requirements=PYLOCK))
        first = ", ".join(names[:10])
        needs = ", ".join(f"{name}>=1" for name in names[:10])
        assert caught.value.message == f"mall 1.0 needs {needs} and 2 more, which are not in the lock."
        assert f"`provided: [{first}, …]`" in caught.value.hint


def test_a_build_asks_the_wheels_too(shop: Site) -> None:
    write_lock(shop, {"shop": "[]"})
    resolution = shop.resolve(requirements=PYLOCK)
    with pytest.raises(ResolutionError, match=MISSING):
        builder(shop).build(content(resolution), shop.root, shop.root / "out")
    assert not (shop.root / "out").exists()


def test_what_wheels_said_once_is_held_against_a_lock_at_its_line(shop: Site) -> None:
    write_lock(shop, {"shop": '[{name = "cart"}]', "cart": "[]"})
    builder(shop).build(content(shop.resolve(requirements=PYLOCK)), shop.root, shop.root / "out")
    write_lock(shop, {"shop": "[]"})
    problem = shop.refusal(requirements=PYLOCK)
    assert problem.message == MISSING
    assert problem.location == Location("pylock.toml", line_of(shop, "pylock.toml", 'name = "shop"'))


def test_a_version_that_does_not_suit_is_refused(shop: Site) -> None:
    write_lock(shop, {"till": '[{name = "cart"}]', "cart": "[]"})
    for _ in range(2):
        with pytest.raises(ResolutionError, match=UNSUITED):
            measured(shop, shop.resolve(requirements=PYLOCK))
        with pytest.raises(ResolutionError, match=UNSUITED):  # what it needs is known from here on
            builder(shop).build(content(shop.resolve(requirements=PYLOCK)), shop.root, shop.root / "out")


@pytest.mark.parametrize("told", ["[tool.uv]\noverride-dependencies = ['Cart<9']", PDM + "overrides = {cart = '2.1'}"])
def test_a_version_that_a_project_around_a_lock_wants_so_is_no_mistake(shop: Site, told: str) -> None:
    write_lock(shop, {"till": '[{name = "cart"}]', "cart": "[]"})
    shop.write("layers/pylock.toml", (shop.root / "pylock.toml").read_text())
    shop.write("pyproject.toml", told)
    for _ in range(2):
        resolution = shop.resolve(requirements=("layers/pylock.toml",))
        assert resolution.findings == ()
        assert builder(shop).build(content(resolution), shop.root, shop.root / "out").findings == ()


@pytest.mark.parametrize("told", ["[tool.uv]\nexclude-dependencies = ['Cart']", PDM + "excludes = ['cart']", RESTATED])
def test_what_a_project_around_a_lock_does_without_is_no_miss(shop: Site, told: str) -> None:
    locked_by_uv(shop, "shop\n", "--no-deps")
    shop.write("pyproject.toml", told)
    for _ in range(2):
        assert measured(shop, shop.resolve(requirements=PYLOCK)).findings == ()


def test_a_lock_that_was_made_with_overrides_of_a_file_is_warned_of(shop: Site) -> None:
    shop.write("overrides.txt", "cart<9\n")
    locked_by_uv(shop, "till\n", "--overrides=overrides.txt")
    (finding,) = shop.resolve(requirements=PYLOCK).findings
    assert (finding.message, finding.severity, finding.distribution) == (UNSUITED, Severity.WARNING, "till")
    lock = shop.root / "pylock.toml"
    lock.write_text(lock.read_text().replace('"till"\n', '"till"\ndependencies = []\n'))
    shutil.rmtree(shop.cache)  # now what it needs shows with the sizes
    (planned,) = measured(shop, shop.resolve(requirements=PYLOCK)).findings
    (built,) = builder(shop).build(content(shop.resolve(requirements=PYLOCK)), shop.root, shop.root / "out").findings
    assert built == planned
    assert planned.message == finding.message


def test_what_a_lock_tells_to_be_needed_on_other_targets_is_no_miss(shop: Site) -> None:
    write_lock(shop, {"shop": '[{name = "cart"}, {name = "tomli"}]', "cart": "[]", "tomli": "[]"})
    lock = shop.root / "pylock.toml"
    only_older = 'name = "tomli"\nmarker = "python_version < \'3.12\'"\n'
    lock.write_text(lock.read_text().replace('name = "tomli"\n', only_older))
    assert shop.versions(requirements=PYLOCK) == {"shop": "1.0", "cart": "2.1"}
    assert set(shop.versions(target=X86_311, requirements=PYLOCK)) == {"shop", "cart", "tomli"}


def test_extras_count_where_they_are_asked_for(shop: Site) -> None:
    shop.index.wheel("post", "1.0", 'cart ; extra == "fast"')
    shop.index.wheel("mail", "1.0", "post[fast]")
    write_lock(shop, {"post": "[]"})
    assert measured(shop, shop.resolve(requirements=PYLOCK)).findings == ()
    write_lock(shop, {"mail": '[{name = "post"}]', "post": "[]"})
    with pytest.raises(ResolutionError, match=r"post 1\.0 needs cart, which is not in the lock"):
        measured(shop, shop.resolve(requirements=PYLOCK))


def test_a_uv_lock_is_held_to_what_wheels_say(shop: Site) -> None:
    shop.write("pyproject.toml", UV_PROJECT)
    run_uv(shop, "lock")
    lock = shop.root / "uv.lock"
    lock.write_text(lock.read_text().replace('    { name = "cart" },\n', ""))
    with pytest.raises(ResolutionError, match=MISSING):
        measured(shop, shop.resolve(requirements=UV_LOCK))


def test_a_uv_lock_whose_versions_do_not_suit_one_another_is_refused(shop: Site) -> None:
    project = UV_PROJECT.replace('"shop"', '"till"')
    shop.write("pyproject.toml", project + '[tool.uv]\noverride-dependencies = ["cart<9"]\n')
    run_uv(shop, "lock")
    lock = shop.root / "uv.lock"
    lock.write_text("".join(line for line in lock.read_text().splitlines(True) if not line.startswith("overrides")))
    with pytest.raises(ResolutionError, match=UNSUITED):
        measured(shop, shop.resolve(requirements=UV_LOCK))


@pytest.mark.parametrize(
    "settings",
    [
        'override-dependencies = ["cart<9"]',
        'exclude-dependencies = ["cart"]',
        'override-dependencies = [{package = {name = "till"}, dependencies = ["cart<9"]}]',
        'exclude-dependencies = [{package = {name = "till", version = "1.0"}, dependencies = ["cart"]}]',
        '[[tool.uv.dependency-metadata]]\nname = "till"\nrequires-dist = ["cart<9"]',
    ],
)
def test_what_uv_was_told_to_do_otherwise_is_no_mistake_of_its_lock(shop: Site, settings: str) -> None:
    project = UV_PROJECT.replace('"shop"', '"till"')
    shop.write("pyproject.toml", f"{project}[tool.uv]\n{settings}\n")
    run_uv(shop, "lock")
    for _ in range(2):  # the second time what the wheels say is known
        assert measured(shop, shop.resolve(requirements=UV_LOCK)).findings == ()
        builder(shop).build(content(shop.resolve(requirements=UV_LOCK)), shop.root, shop.root / "out")


def test_a_project_that_a_lock_takes_from_a_folder_may_have_any_version(shop: Site) -> None:
    shop.write("libs/a/pyproject.toml", PROJECT.format("a", "1", '["b>=7"]') + SOURCES.format("b", '{path = "../b"}'))
    shop.write("libs/b/pyproject.toml", PROJECT.format("b", "1", "[]"))
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"a"') + SOURCES.format("a", '{path = "libs/a"}'))
    run_uv(shop, "lock")
    assert shop.resolve(requirements=UV_LOCK).findings == ()


def test_a_project_of_a_lock_that_needs_more_by_now_is_told(shop: Site) -> None:
    shop.write("libs/a/pyproject.toml", PROJECT.format("a", "1", "[]"))
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"a"') + SOURCES.format("a", '{path = "libs/a"}'))
    run_uv(shop, "lock")
    shop.write("libs/a/pyproject.toml", PROJECT.format("a", "1", '["cart"]'))
    assert shop.refusal(requirements=UV_LOCK).message == "a 1 needs cart, which is not in the lock."


def test_a_member_that_is_no_package_need_not_be_there(shop: Site) -> None:
    shop.write("libs/a/pyproject.toml", PROJECT.format("a", "1", '["b"]') + SOURCES.format("b", "{workspace = true}"))
    shop.write("libs/b/pyproject.toml", PROJECT.format("b", "1", "[]") + "[tool.uv]\npackage = false\n")
    workspace = '[tool.uv.workspace]\nmembers = ["libs/*"]\n' + SOURCES.format("a", "{workspace = true}")
    shop.write("pyproject.toml", UV_PROJECT.replace('"shop"', '"a"') + workspace)
    run_uv(shop, "lock")
    assert shop.versions(requirements=UV_LOCK) == {"a": "1"}


@pytest.mark.parametrize("specifier", ["<1.34.132,>=1.34.70", "==1.35.*", "~=1.34.2", "<1.40", "==1.34.70"])
def test_few_versions_do_where_one_to_come_does_not(specifier: str) -> None:
    assert is_narrow(SpecifierSet(specifier))


@pytest.mark.parametrize("specifier", ["", ">=1.20", "<2", "<2.0a0,>=1.37.4", "~=1.34", "!=1.35.45,>=1.20", "===x"])
def test_a_bound_at_the_next_first_number_is_wide(specifier: str) -> None:
    assert not is_narrow(SpecifierSet(specifier))


def test_what_is_provided_and_needed_in_few_versions_is_told(site: Site) -> None:
    site.index.wheel("shop", "1.0", "aio")
    site.index.wheel("aio", "1.0", "core<1.40", "other>=1")
    site.index.wheel("core", "1.34")
    site.index.wheel("other", "1.0")
    (finding,) = site.resolve("shop\n", provided=("Core", "other")).findings
    assert (finding.severity, finding.location) == (Severity.NOTICE, Location("requirements.txt", 1))
    assert finding.message == (
        "aio 1.0 needs core<1.40, which is provided: whether the version there is one of these, nobody checks."
    )


def test_what_wheels_of_a_lock_need_of_what_is_provided_shows_with_their_sizes(shop: Site) -> None:
    shop.index.wheel("aio", "1.0", "core<1.40")
    write_lock(shop, {"aio": "[]"})
    found = content(shop.resolve(requirements=PYLOCK, provided=("core",)), provided=("core",))
    size = builder(shop).measure(found)
    assert isinstance(size, LayerSize)
    assert [finding.check for finding in size.findings] == ["provided-unchecked"]
