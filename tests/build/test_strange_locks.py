"""Locks as other repositories have them: conflicts, groups, workspaces, sources that cannot be had."""

import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from layer_action.errors import ConfigError, LayerActionError, Location, Problems
from tests.build.workshop import Site

UV_LOCK = ("uv.lock",)
TWO_WAYS = """\
lock-version = "1.0"
created-by = "hand"
extras = ["fast"]
dependency-groups = ["job"]
packages = []
"""
GIT = """\
lock-version = "1.0"
created-by = "hand"

[[packages]]
name = "one"
vcs = {type = "git", url = "https://127.0.0.1:9/one.git", commit-id = "0123456789012345678901234567890123456789"}

[[packages]]
name = "two"
vcs = {type = "git", url = "https://127.0.0.1:9/two.git", commit-id = "0123456789012345678901234567890123456789"}
"""
CONFLICT = """\
[project]
name = "site"
version = "1"
requires-python = ">=3.11"
[project.optional-dependencies]
old = ["six==1.16"]
new = ["six==1.17"]
[tool.uv]
conflicts = [[{extra = "old"}, {extra = "new"}]]
"""
WORKSPACE = """\
[project]
name = "site"
version = "1"
requires-python = ">=3.11"
dependencies = ["till"]
[tool.uv.sources]
till = {workspace = true}
[tool.uv.workspace]
members = ["packages/*"]
"""
SITE_OF_WORKSPACE = """
[tool.uv.sources]
site = {workspace = true}
"""
MEMBER = """\
[project]
name = "till"
version = "0.3"
requires-python = ">=3.11"
dependencies = ["six==1.16"]
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""


@pytest.fixture
def shop(site: Site) -> Site:
    site.index.wheel("six", "1.16")
    site.index.wheel("six", "1.17")
    return site


def lock(site: Site, project: str) -> None:
    """Run `uv lock` as a team would."""
    site.write("pyproject.toml", project)
    env = site.env | {"UV_CACHE_DIR": str(site.cache / "uv"), "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run([find_uv_bin(), "lock"], cwd=site.root, env=env, check=True, capture_output=True)


def problems(site: Site, **overrides: object) -> list[LayerActionError]:
    with pytest.raises(LayerActionError) as caught:
        site.resolve(**overrides)  # type: ignore[arg-type]
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


def test_extras_and_groups_that_a_lock_does_not_know_are_told_together(site: Site) -> None:
    site.write("pylock.toml", TWO_WAYS)
    found = problems(site, requirements=("pylock.toml",), extras=("slow",), groups=("task",))
    assert [each.message for each in found] == [
        "pylock.toml knows no extras slow. It has fast.",
        "pylock.toml knows no groups task. It has job.",
    ]


def test_sources_that_cannot_be_had_are_told_together_where_the_lock_names_them(site: Site) -> None:
    site.write("pylock.toml", GIT)
    found = problems(site, requirements=("pylock.toml",), build_from_source=("one", "two"))
    assert [each.location for each in found] == [Location("pylock.toml", 5), Location("pylock.toml", 9)]


@pytest.mark.parametrize(("extra", "version"), [("old", "1.16"), ("new", "1.17")])
def test_extras_that_exclude_one_another_are_each_taken_alone(shop: Site, extra: str, version: str) -> None:
    lock(shop, CONFLICT)
    assert shop.versions(requirements=UV_LOCK, extras=(extra,)) == {"six": version}


def test_extras_that_exclude_one_another_are_refused_together(shop: Site) -> None:
    lock(shop, CONFLICT)
    (found,) = problems(shop, requirements=UV_LOCK, extras=("old", "new"))
    assert isinstance(found, ConfigError)
    assert "old" in found.message
    assert "Change `extras` of the layer" in found.hint


def test_a_member_of_a_workspace_is_a_project_of_the_repository(shop: Site) -> None:
    shop.write("packages/till/pyproject.toml", MEMBER)
    source = shop.write("packages/till/till.py", "x = 1\n")
    lock(shop, WORKSPACE)
    assert shop.versions(requirements=UV_LOCK) == {"six": "1.16", "till": "0.3"}
    before = shop.inputs_hash(requirements=UV_LOCK)
    Path(source).write_text("x = 2\n")
    assert shop.inputs_hash(requirements=UV_LOCK) != before


def test_a_member_that_needs_the_project_beside_the_lock_is_told_two_ways_that_lead_out(shop: Site) -> None:
    shop.write("packages/till/pyproject.toml", MEMBER.replace('"six==1.16"', '"site"') + SITE_OF_WORKSPACE)
    build_system = MEMBER[MEMBER.index("[build-system]") :]
    lock(shop, WORKSPACE + build_system)
    problem = shop.refusal(requirements=UV_LOCK)
    assert problem.message == (
        "till 0.3 needs site, the very project that is locked, and a layer of its lock leaves it out."
    )
    assert problem.hint == (
        "If the functions bring its code, write `provided: [site]`; else ask for it in a requirements file in the "
        "place of the lock, as `site @ ./`."
    )
    assert shop.versions(requirements=UV_LOCK, provided=("site",)) == {"till": "0.3"}
    shop.write("requirements.txt", "site @ ./\n")
    assert shop.versions(requirements=("requirements.txt",)).keys() == {"site", "till"}
    assert shop.versions(requirements=("pyproject.toml",)) == {"till": "0.3", "site": "1"}


def test_a_package_that_breaks_the_format_is_told_on_its_line(site: Site) -> None:
    site.write("pylock.toml", GIT.rpartition("vcs =")[0] + "wheels = [{name = 'two-1-py3-none-any.whl'}]\n")
    with pytest.raises(ConfigError) as caught:
        site.resolve(requirements=("pylock.toml",))
    assert caught.value.message.startswith("pylock.toml is not a lock of PEP 751: ")
    assert caught.value.location == Location("pylock.toml", 8)


def test_two_locks_may_name_one_file_at_two_places_and_disagree_on_another(site: Site) -> None:
    one, other = (site.index.wheel("shop", "1.0", files={"shop.py": text}) for text in ("1", "2"))

    def lock_of(name: str, sha256: str, mirror: str) -> None:
        wheel = f"wheels = [{{url = 'https://{mirror}/{one.filename}', hashes = {{sha256 = '{sha256}'}}}}]"
        head = "lock-version = '1.0'\ncreated-by = 'hand'\n"
        site.write(name, f"{head}[[packages]]\nname = 'shop'\nversion = '1.0'\ndependencies = []\n{wheel}\n")

    lock_of("pylock.toml", one.sha256, "one.example")
    lock_of("pylock.same.toml", one.sha256, "other.example")
    lock_of("pylock.other.toml", other.sha256, "one.example")
    assert site.resolve(requirements=("pylock.toml", "pylock.same.toml")).lock.get("shop")
    with pytest.raises(ConfigError, match=r"pylock\.other\.toml:4 has another file of 1\.0"):
        site.resolve(requirements=("pylock.toml", "pylock.other.toml"))


def test_a_need_that_nobody_can_read_is_told_on_the_line_of_its_package(site: Site) -> None:
    file = site.index.wheel("shop", "1.0", "what is this?")
    url = f"http://127.0.0.1:{site.index.port}/files/{file.filename}"
    wheel = f"wheels = [{{url = '{url}', hashes = {{sha256 = '{file.sha256}'}}}}]"
    site.write("pylock.toml", GIT.partition("[[")[0] + f"[[packages]]\nname = 'shop'\nversion = '1.0'\n{wheel}\n")
    (finding,) = site.resolve(requirements=("pylock.toml",)).findings
    assert (finding.severity, finding.check, finding.location) == (
        "warning",
        "unreadable-requirement",
        Location("pylock.toml", 5),
    )
    assert finding.message == "shop 1.0 needs `what is this?`, which is no requirement: it is passed over."
