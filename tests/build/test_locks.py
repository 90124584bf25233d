"""Locks that lie in the repository: taken as they are, checked, and never behind the user's back."""

import hashlib
import shutil

import pytest

from layer_action.errors import ConfigError, Location, ResolutionError, UnsafeWheelError
from layer_action.model.lock import Wheel
from tests.build.locks import PYLOCK, line_of, locked_by_uv, silence, stocked
from tests.build.workshop import ARM_312, X86_311, Site


@pytest.fixture
def shop(site: Site) -> Site:
    return stocked(site)


def test_a_pylock_is_taken_as_it_is(shop: Site) -> None:
    locked_by_uv(shop, "shop\n")
    shop.index.wheel("shop", "2.0")
    lock = shop.resolve(requirements=PYLOCK).lock
    assert [(d.name, d.version, d.direct, d.required_by) for d in lock.distributions] == [
        ("cart", "2.1", False, ("shop",)),
        ("shop", "1.0", True, ()),
    ]


def test_a_pylock_needs_no_index(shop: Site) -> None:
    locked_by_uv(shop, "shop\n", "--python-version=3.12")
    silence(shop)
    resolution = shop.resolve(requirements=PYLOCK)
    assert {d.name: (d.version, d.direct) for d in resolution.lock.distributions} == {
        "cart": ("2.1", True),
        "shop": ("1.0", True),
    }
    assert [finding.check for finding in resolution.findings] == ["closure-unchecked"]


def test_requirements_beside_a_lock_say_what_was_asked_for(shop: Site) -> None:
    locked_by_uv(shop, "shop\ncart\n")
    shop.write("asked.in", "shop\ncart\n")
    lock = shop.resolve(requirements=("asked.in", "pylock.toml")).lock
    assert {d.name: d.direct for d in lock.distributions} == {"shop": True, "cart": True}


def test_a_lock_that_misses_something_names_who_needs_it_and_where(shop: Site) -> None:
    locked_by_uv(shop, "shop\n", "--no-deps")
    with pytest.raises(ResolutionError) as caught:
        shop.resolve(requirements=PYLOCK)
    assert caught.value.message == "shop 1.0 needs cart, which is not in the lock."
    assert caught.value.location is not None
    assert caught.value.location.file == "pylock.toml"
    assert "provided: [cart]" in caught.value.hint
    assert shop.versions(requirements=PYLOCK, provided=("cart",)) == {"shop": "1.0"}


def test_a_lock_with_a_version_that_does_not_suit_is_refused(shop: Site) -> None:
    shop.index.wheel("cart", "1.0")
    shop.index.wheel("till", "1.0", "cart>=2")
    locked_by_uv(shop, "till\ncart==1.0\n", "--no-deps")
    with pytest.raises(ResolutionError, match=r"till 1\.0 needs cart>=2, but the lock holds cart 1\.0"):
        shop.resolve(requirements=PYLOCK)


def test_a_universal_lock_is_read_for_each_target(shop: Site) -> None:
    locked_by_uv(shop, "shop\n", "--universal", "--python-version=3.11")
    assert set(shop.versions(target=X86_311, requirements=PYLOCK)) == {"shop", "cart", "tomli"}
    assert set(shop.versions(target=ARM_312, requirements=PYLOCK)) == {"shop", "cart"}


def test_a_lock_for_a_newer_python_is_refused(shop: Site) -> None:
    locked_by_uv(shop, "shop\n", "--python-version=3.12")
    with pytest.raises(
        ResolutionError, match=r"pylock\.toml is a lock for Python >=3\.12, not for 3\.11 x86_64"
    ) as caught:
        shop.resolve(target=X86_311, requirements=PYLOCK)
    assert "--python-version 3.11" in caught.value.hint


def test_a_lock_for_another_architecture_names_the_wheels_that_it_has(shop: Site) -> None:
    shop.index.wheel("fast", "1", tags="cp312-cp312-manylinux_2_28_x86_64")
    locked_by_uv(shop, "fast\n", "--python-version=3.12", "--python-platform=x86_64-manylinux_2_28")
    with pytest.raises(ResolutionError, match=r"fast 1 in pylock\.toml has no wheel that fits 3\.12 arm64") as caught:
        shop.resolve(requirements=PYLOCK)
    assert "The lock has wheels for cp312 on manylinux_2_28_x86_64." in caught.value.message
    assert caught.value.location == Location("pylock.toml", line_of(shop, "pylock.toml", 'name = "fast"'))


def test_a_lock_for_elsewhere_is_told_once_for_all_that_does_not_fit(shop: Site) -> None:
    for name in ("fast", "quick"):
        shop.index.wheel(name, "1", tags="cp312-cp312-manylinux_2_28_x86_64")
    locked_by_uv(shop, "fast\nquick\n", "--python-version=3.12", "--python-platform=x86_64-manylinux_2_28")
    lines = [line_of(shop, "pylock.toml", f'name = "{name}"') for name in ("fast", "quick")]
    with pytest.raises(ResolutionError) as caught:
        shop.resolve(requirements=PYLOCK, targets=(ARM_312, X86_311))
    assert caught.value.message == (
        f"fast 1 (line {lines[0]}) and quick 1 (line {lines[1]}) in pylock.toml have no wheel that fits 3.12 arm64. "
        "The lock has wheels for cp312 on manylinux_2_28_x86_64."
    )
    assert "`uv pip compile --universal --format pylock.toml --python-version 3.11 …`" in caught.value.hint


def test_a_lock_for_all_machines_whose_wheels_are_too_new_for_one_is_made_again_with_an_older_version(
    shop: Site,
) -> None:
    shop.index.wheel("fast", "2", tags="cp311-cp311-manylinux_2_28_x86_64")
    locked_by_uv(shop, "fast\n", "--universal", "--python-version=3.11")
    with pytest.raises(ResolutionError) as caught:
        shop.resolve(target=X86_311, requirements=PYLOCK, targets=(ARM_312, X86_311))
    assert caught.value.hint.startswith(
        "Lock again with `fast<2 ; python_version < '3.12'`; or name what it is made from"
    )


@pytest.mark.parametrize(
    "text", ["", "not toml", 'lock-version = "1.0"\n', 'lock-version = "9.0"\ncreated-by = "x"\npackages = []\n']
)
def test_what_is_no_lock_is_an_error_with_its_name(site: Site, text: str) -> None:
    site.write("pylock.toml", text)
    with pytest.raises(ConfigError, match=r"pylock\.toml is not (TOML|a lock of PEP 751)"):
        site.resolve(requirements=PYLOCK)


def test_comments_in_a_lock_do_not_change_the_inputs_hash(shop: Site) -> None:
    locked_by_uv(shop, "shop\n")
    text = (shop.root / "pylock.toml").read_text()
    first = shop.inputs(requirements=PYLOCK)
    shop.write("pylock.toml", "# reviewed\n\n" + text)
    assert shop.inputs(requirements=PYLOCK).inputs_hash == first.inputs_hash
    shop.write("pylock.toml", text.replace('"2.1"', '"2.2"'))
    assert shop.inputs(requirements=PYLOCK).inputs_hash != first.inputs_hash
    assert first.lines["cart"] == Location("pylock.toml", line_of(shop, "pylock.toml", 'name = "cart"'))


def test_two_locks_that_agree_make_one_layer(shop: Site) -> None:
    locked_by_uv(shop, "shop\n")
    shutil.copy(shop.root / "pylock.toml", shop.root / "pylock.web.toml")
    locked_by_uv(shop, "six\ncart\n")
    both = ("pylock.toml", "pylock.web.toml")
    assert set(shop.versions(requirements=both)) == {"shop", "cart", "six"}
    shop.index.wheel("cart", "3.0")
    locked_by_uv(shop, "cart==3.0\n", "-U")
    with pytest.raises(ConfigError, match="Two locks disagree on cart"):
        shop.resolve(requirements=both)


def test_a_wheel_beside_a_lock_is_found_by_its_path(shop: Site) -> None:
    file = shop.index.wheel("till", "1.0")
    locked_by_uv(shop, "till\n")
    lock = shop.root / "pylock.toml"
    url = f"http://127.0.0.1:{shop.index.port}/files/{file.filename}"
    lock.write_text(lock.read_text().replace(f'url = "{url}"', f'path = "{file.filename}"'))
    (shop.root / file.filename).write_bytes(file.content)
    found = shop.resolve(requirements=PYLOCK).lock.get("till")
    assert found is not None
    assert isinstance(found.origin, Wheel)
    assert found.origin.url == (shop.root / file.filename).as_uri()


def test_a_wheel_of_the_repository_that_is_no_zip_is_named(site: Site) -> None:
    content = b"<html>moved</html>"
    site.write("shop-1.0-py3-none-any.whl", content.decode())
    site.write(
        "pylock.toml",
        'lock-version = "1.0"\ncreated-by = "a test"\n[[packages]]\nname = "shop"\nversion = "1.0"\n'
        '[[packages.wheels]]\npath = "shop-1.0-py3-none-any.whl"\n'
        f'hashes = {{sha256 = "{hashlib.sha256(content).hexdigest()}"}}\n',
    )
    with pytest.raises(UnsafeWheelError, match=r"shop-1\.0-py3-none-any\.whl is not a zip") as caught:
        site.resolve(requirements=PYLOCK)
    assert "pin another version" in caught.value.hint
