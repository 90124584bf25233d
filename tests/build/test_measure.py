"""Sizes from central directories: what a build would give, without downloading a wheel."""

import os
from pathlib import Path

import pytest

from layer_action.errors import UnsafeWheelError
from layer_action.model.function import Unknown
from layer_action.model.lock import LockedDistribution, Source, SourceKind, Wheel
from layer_action.record import replace
from tests.build.shelf import Shelf, spec
from tests.standins.files import Files, serve
from tests.standins.rawzip import Entry, raw_wheel
from tests.standins.wheels import Extra


def fill(shelf: Shelf) -> None:
    noise = {f"big/{number}.py": os.urandom(200).hex() * 40 for number in range(60)}
    about = Extra(metadata=["License-Expression: MIT", "Project-URL: Changelog, https://docs.example/changes"])
    shelf.add("big", noise, extra=about)
    shelf.add("moved", {"m/__pycache__/x.pyc": "", "m/a.py": "1"}, data={"purelib/top.py": "2", "scripts/run": "3"})
    shelf.add("plain", {"p/stored.txt": "x" * 9999}, extra=Extra(stored=["p/stored.txt"]))


@pytest.mark.parametrize("ranges", [True, False])
def test_it_is_what_a_build_gives(tmp_path: Path, ranges: bool) -> None:
    with serve(Files(content={}, ranges=ranges)) as files:
        shelf = Shelf(folder=tmp_path, url=files.url)
        fill(shelf)
        files.content = {f"/{path.name}": path.read_bytes() for path in tmp_path.glob("*.whl")}
        content = shelf.content(spec=spec(exclude=("*/0.py",)))
        measured = shelf.measured(content)
        asked = len(files.requests)
        artifact = shelf.build(content)
    assert measured == artifact.size
    assert measured.exact
    assert measured.zipped == artifact.path.stat().st_size
    assert (measured.distributions[0].license, measured.distributions[0].changelog) == (
        "MIT",
        "https://docs.example/changes",
    )
    assert len(files.requests) == asked + 3


def test_equal_digests_are_equal_bytes_whatever_size_was_told_of_a_wheel(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    true = shelf.add("a", {"a.py": "1"})
    assert isinstance(true.origin, Wheel)
    assert true.origin.size
    zips = []
    for told in (true.origin.size, None, true.origin.size + 1, 10**15):
        shelf.distributions["a"] = replace(true, origin=replace(true.origin, size=told))
        measured, artifact = shelf.measured(), shelf.build()
        assert measured == artifact.size
        assert artifact.content.lock.distributions == (true,)
        zips.append(artifact.path.read_bytes())
    assert len(set(zips)) == 1


def test_a_large_wheel_takes_one_request_when_its_directory_is_short(tmp_path: Path) -> None:
    with serve(Files(content={})) as files:
        shelf = Shelf(folder=tmp_path, url=files.url)
        shelf.add("big", {"big.py": os.urandom(400_000).hex()})
        files.content = {f"/{path.name}": path.read_bytes() for path in tmp_path.glob("*.whl")}
        shelf.measured()
    assert [asked for _, asked in files.requests] == ["bytes=-65557"]


@pytest.mark.parametrize("exclude", [(), ("*/0.py",)])
def test_a_wheel_takes_one_request_whatever_is_left_out(tmp_path: Path, exclude: tuple[str, ...]) -> None:
    with serve(Files(content={})) as files:
        shelf = Shelf(folder=tmp_path, url=files.url)
        shelf.add("moved", {"m/0.py": "0", "m/1.py": "1"}, data={"purelib/top.py": "2", "scripts/run": "3"})
        shelf.add("plain", {"p/0.py": "0", "p/1.py": "1"})
        files.content = {f"/{path.name}": path.read_bytes() for path in tmp_path.glob("*.whl")}
        shelf.measured(shelf.content(spec=spec(exclude=exclude)))
    assert len(files.requests) == 2


def test_a_damaged_wheel_in_the_cache_is_not_measured(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("a", {"a.py": "1"})
    size = shelf.build().size
    for path in (tmp_path / "cache").rglob("*.whl"):
        path.write_bytes(b"")
    assert shelf.measured() == size


def test_an_index_that_does_not_answer_makes_the_size_unknown(tmp_path: Path) -> None:
    with serve(Files(content={})) as files:
        shelf = Shelf(folder=tmp_path, url=files.url)
        shelf.add("a", {"a.py": ""})
        assert shelf.builder.measure(shelf.content()) == Unknown(
            reason="a-1.0-py3-none-any.whl could not be downloaded: the server answers 404."
        )


def test_what_must_be_built_first_is_left_out_and_said(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("a", {"a.py": "1"})
    source = Source(kind=SourceKind.DIRECTORY, location="libs/b", identity="tree:" + "0" * 64)
    shelf.distributions["b"] = LockedDistribution(name="b", version="1.0", origin=source, direct=True)
    size = shelf.measured()
    assert not size.exact
    assert [found.name for found in size.distributions] == ["a"]


def test_a_hostile_directory_is_refused(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.put("a", "a-1.0-py3-none-any.whl", b"not a zip")
    with pytest.raises(UnsafeWheelError, match="is not a zip"):
        shelf.measured()


def test_a_wheel_whose_data_are_broken_is_named_where_they_are_compared(tmp_path: Path) -> None:
    shelf, broken = Shelf(folder=tmp_path), Entry(name=b"ns/a.py", raw=b"\xff" * 30)
    shelf.put("pkg", "pkg-1.0-py3-none-any.whl", raw_wheel(broken))
    shelf.add("same", {"ns/a.py": broken.content})
    with pytest.raises(UnsafeWheelError, match=r"^pkg-1\.0-py3-none-any\.whl is not a zip .* ns/a\.py"):
        shelf.measured()


def test_what_presets_would_save_is_said_of_a_layer_that_is_too_large(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("heavy", {"a.py": "x" * 500_000, "tests/test_a.py": "y" * 100_000, "a.pyi": "z" * 200_000, "a.h": "few"})
    layers = {budget: shelf.content(spec=spec(budget=budget)) for budget in (900_000, 600_000)}
    assert shelf.measured(layers[900_000]).savings == ()
    assert shelf.measured(layers[600_000]).savings == (("stubs", 200_000), ("tests", 100_000))
    frugal = shelf.content(spec=spec(budget=600_000, exclude=("stubs",)))
    assert shelf.measured(frugal).savings == (("tests", 100_000),)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(("came", "told"), [(b"<html>Sign in", "a page"), (b"", "empty"), (b"\x1f\x8b8", "gzip")])
def test_what_comes_instead_of_a_wheel_is_told_and_no_wheel_is_blamed(
    tmp_path: Path, came: bytes, told: str, ranges: bool
) -> None:
    with serve(Files(content={}, ranges=ranges)) as files:
        shelf = Shelf(folder=tmp_path, url=files.url)
        shelf.add("a", {"a.py": ""})
        files.content = {"/a-1.0-py3-none-any.whl": came}
        size = shelf.builder.measure(shelf.content())
    assert isinstance(size, Unknown)
    assert "did not come." in size.reason
    assert told in size.reason
