"""Locks that cannot be read: what is wrong, in the user's terms, at its line."""

import pytest

from layer_action.errors import ConfigError, Location, ResolutionError
from tests.build.workshop import Site

SHA256 = "0" * 64
UV_LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "site"
version = "1"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "shop" }},
]

[[package]]
name = "shop"
version = "1.0"
source = {{ registry = "https://one.example/simple" }}
wheels = [
    {{ url = "https://one.example/shop-1.0-py3-none-any.whl", hash = "sha256:{SHA256}" }},
]
"""
PYLOCK = f"""\
lock-version = "1.0"
created-by = "hand"
requires-python = ">=3.11"

[[packages]]
name = "shop"
version = "1.0"
dependencies = []
wheels = [{{ url = "https://one.example/shop-1.0-py3-none-any.whl", hashes = {{ sha256 = "{SHA256}" }} }}]
"""
PROJECT = '[project]\nname = "site"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["shop"]\n'


def read(site: Site, name: str, **overrides: object) -> None:
    site.inputs(requirements=(name,), **overrides)
    site.resolve(requirements=(name,), **overrides)  # type: ignore[arg-type]


def refused(site: Site, text: str, **overrides: object) -> ConfigError:
    site.write("pyproject.toml", PROJECT)
    site.write("uv.lock", text)
    with pytest.raises(ConfigError) as caught:
        read(site, "uv.lock", **overrides)
    return caught.value


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('version = "1.0"', 'version = "one"', 13, "expected version to start with a number"),
        (f'"sha256:{SHA256}"', '"sha256:00"', 18, "Invalid hash digest length"),
        ("wheels = [", "wheels = 3\nx = [", 17, "invalid type: integer `3`, expected a sequence."),
        ('">=3.11"', '"new"', 3, "expected operator: new."),
        ('version = "1.0"\n', "", 14, "the package shop from a registry source has a missing `version` field."),
        ('{ name = "shop" }', '{ name = "till" }', 10, "till is needed, and the lock has no package of that name."),
        ('name = "site"', 'name = "shop"', 10, "shop is needed, and the lock has several packages of that name."),
        ("version = 1\n", "version = 9\n", 1, "uses an unsupported schema version"),
        ("[[package]]", "<<<<<<< HEAD\n[[package]]", 5, "is not TOML"),
    ],
)
def test_what_uv_cannot_read_is_told_at_its_line(site: Site, before: str, after: str, line: int, says: str) -> None:
    error = refused(site, UV_LOCK.replace(before, after, 1))
    assert error.location == Location("uv.lock", line)
    assert says in error.message


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('"1.0"\ncreated', '"9.0"\ncreated', 1, "pylock version 9.0 is not supported."),
        ('">=3.11"', '"new"', 3, "Invalid specifier: 'new' in 'requires-python'."),
        ("dependencies = []", 'marker = "python >> 3"', 5, "quoted string: python >> 3 in 'packages[0].marker'."),
        (f'"{SHA256}"', '"00"', 6, "The sha256 of shop-1.0-py3-none-any.whl in pylock.toml has not 64 digits: 00."),
        ("dependencies = []", 'directory = { path = "../till" }', 8, "../till lies outside of the repository."),
        ("}]", "}", 9, "is not TOML"),
        ('lock-version = "1.0"\n', "", 1, "Missing required value in 'lock-version'"),
        ("\n[[packages]]\n", "packages = [1]\n[x]\n", 4, "in 'packages[0]'"),
        ("dependencies = []", "directory = [1]", 5, "Unexpected type list"),
        ("dependencies = []", "marker = \"os_name ~= 'x'\"", 6, "compares what cannot be compared."),
        ("dependencies = []", f"marker = \"python_version > '3.{'1' * 5000}'\"", 6, "what cannot be compared."),
        ("dependencies = []", f"size = 0x{'f' * 5000}", 8, "has more digits than can be read."),
        ("https://one.example", "https://one.example:port", 6, "shop has an URL that is none."),
        ("hand", "caf\u00e9", 2, "is not UTF-8 text"),
    ],
)
def test_what_breaks_a_pylock_is_told_at_its_line(site: Site, before: str, after: str, line: int, says: str) -> None:
    text = PYLOCK.replace(before, after, 1)
    (site.root / "pylock.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        read(site, "pylock.toml")
    assert caught.value.location == Location("pylock.toml", line)
    assert says in caught.value.message


@pytest.mark.parametrize(("key", "kind"), [("extras", "Extra"), ("groups", "Group")])
def test_a_choice_that_a_project_does_not_have_is_the_configs(site: Site, key: str, kind: str) -> None:
    here = Location("layers.yml", 7)
    error = refused(site, UV_LOCK, **{key: ("fast",)}, locations={key: here})
    assert error.location == here
    assert f"{kind} `fast` is not defined" in error.message
    assert error.hint == f"Change `{key}` of the layer, or the project."


def test_a_project_beside_a_lock_that_is_no_toml_is_told_itself(site: Site) -> None:
    site.write("uv.lock", UV_LOCK)
    site.write("pyproject.toml", PROJECT + "version ==\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml is not TOML") as caught:
        site.resolve(requirements=("uv.lock",))
    assert caught.value.location == Location("pyproject.toml", 6)


def test_a_package_without_a_version_has_that_of_its_wheel(site: Site) -> None:
    site.write("pylock.toml", PYLOCK.replace('\nversion = "1.0"', "", 1))
    assert site.versions(requirements=("pylock.toml",)) == {"shop": "1.0"}


def test_a_lock_that_holds_nothing_is_told_as_such(site: Site) -> None:
    site.write("pylock.toml", PYLOCK.partition("requires")[0] + "packages = []\n")
    with pytest.raises(ResolutionError, match=r"pylock\.toml holds nothing for 3\.12 arm64"):
        site.resolve(requirements=("pylock.toml",))


def test_names_of_what_a_package_needs_are_not_those_of_packages(site: Site) -> None:
    needs = '[[packages.dependencies]]\nname = "till"\n'
    till = '[[packages]]\nversion = "1.0"\nname = "till"\nwheels = []\n'
    site.write("pylock.toml", PYLOCK.replace("dependencies = []\n", "") + needs + till)
    assert site.inputs(requirements=("pylock.toml",)).lines["till"] == Location("pylock.toml", 13)
