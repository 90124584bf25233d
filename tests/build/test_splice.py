"""The splice: a layer's zip, held against an independent unzip-and-place."""

import base64
import csv
import hashlib
import io
import os
import time
import tomllib
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layer_action.build.splicing.laying import lay_out
from layer_action.build.splicing.part import Part
from layer_action.build.splicing.splice import splice
from layer_action.build.wheels.packing import Packer
from layer_action.build.wheels.verify import verify
from layer_action.build.wheels.wheel import OpenWheel
from layer_action.errors import BuildError
from layer_action.model.layer import LayerSize
from layer_action.model.own_files import OwnFiles
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.build.shelf import Shelf, own_file, tree
from tests.standins.wheels import Extra, make_wheel, wheel_filename


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


def placed(wheel: bytes) -> dict[str, bytes]:
    """Unzip a wheel and place its files: another implementation, as slow and plain as can be."""
    out = {}
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        for info in archive.infolist():
            parts = info.filename.split("/")
            if parts[0].endswith(".data"):
                if parts[1] in ("scripts", "headers"):
                    continue
                parts = parts[2:]
            if not info.is_dir() and "__pycache__" not in parts:
                out["/".join(parts)] = archive.read(info)
    return out


PART = st.sampled_from(["a", "b", "tests", "é", "x.y", "__pycache__", "my__pycache__"])
PATH = st.lists(PART, min_size=1, max_size=4).map("/".join).map(lambda path: f"pkg/{path}.py")
FILES = st.dictionaries(PATH, st.binary(max_size=300) | st.just(b"print()\n" * 2000), max_size=6)
DATA = st.dictionaries(
    st.sampled_from(["purelib/p.py", "platlib/q.py", "data/share/s", "data/lib/l.so", "scripts/run", "headers/h.h"]),
    st.binary(max_size=50),
    max_size=4,
)
FOLDERS = st.sets(st.sampled_from(["", "data/", "data/share/", "scripts/"]))


@given(files=FILES, data=DATA, folders=FOLDERS, stored=st.booleans(), other=st.binary(max_size=50))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_layer_holds_what_an_independent_unzip_and_place_gives(
    tmp_path_factory: pytest.TempPathFactory,
    files: Mapping[str, bytes],
    data: Mapping[str, bytes],
    folders: set[str],
    stored: bool,
    other: bytes,
) -> None:
    shelf = Shelf(folder=tmp_path_factory.mktemp("shelf"))
    data = {**data, **dict.fromkeys(folders, b"")}
    shelf.add("first", files, data=data, extra=Extra(stored=tuple(files) if stored else ()))
    shelf.add("second", {"other.py": other})
    artifact = shelf.build()
    expected: dict[str, bytes] = {}
    for wheel in shelf.folder.glob("*.whl"):
        expected |= placed(wheel.read_bytes())
    found = tree(artifact.path)
    records = {name for name in found if name.endswith("/RECORD")}
    assert {name: found[name] for name in found.keys() - records} == {
        name: expected[name] for name in expected.keys() - records
    }
    for name in records:
        assert {row[0] for row in csv.reader(io.StringIO(found[name].decode()))} <= found.keys()
    assert artifact.size == shelf.measured()
    assert artifact.size.zipped == artifact.path.stat().st_size


def test_the_sha256_is_the_one_that_aws_will_report(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/__init__.py": "x = 1\n"})
    artifact = shelf.build()
    assert artifact.code_sha256 == base64.b64encode(hashlib.sha256(artifact.path.read_bytes()).digest()).decode()


def test_headers_are_plain_and_the_same_everywhere(shelf: Shelf) -> None:
    modes = {"pkg/run.sh": 0o100775, "pkg/a.py": 0o100666, "pkg/b.py": 0, "pkg/c.py": 0o755}
    shelf.add("pkg", dict.fromkeys(modes, "x"), extra=Extra(modes=modes))
    with zipfile.ZipFile(shelf.build().path) as archive:
        entries = archive.infolist()
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.extra for entry in entries} == {b""}
    assert {entry.flag_bits for entry in entries} == {0}
    assert {entry.create_system for entry in entries} == {3}
    assert {entry.filename for entry in entries if entry.external_attr >> 16 == 0o100755} == {"python/pkg/run.sh"}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100755, 0o100644}


def test_entries_are_sorted_and_the_lock_is_last(shelf: Shelf) -> None:
    shelf.add("b", {"b/z.py": "", "b/a.py": ""})
    shelf.add("a", {"a.py": "", "zz/__init__.py": ""})
    with zipfile.ZipFile(shelf.build().path) as archive:
        *names, last = archive.namelist()
        lock = tomllib.loads(archive.read(last).decode())
    assert names == sorted(names)
    assert last == "lambda-layer/pylock.shelf.toml"
    assert [package["name"] for package in lock["packages"]] == ["a", "b"]


def test_streams_are_copied_and_not_compressed_again(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/a.py": os.urandom(64).hex() * 50})
    raw = (shelf.folder / "pkg-1.0-py3-none-any.whl").read_bytes()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        info = archive.getinfo("pkg/a.py")
    start = info.header_offset + 30 + len("pkg/a.py")
    assert raw[start : start + info.compress_size] in shelf.build().path.read_bytes()


def test_a_large_stored_member_is_deflated(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/big.txt": "a" * 100_000, "pkg/small.txt": "b" * 100}, extra=Extra(stored=["pkg/big.txt"]))
    artifact = shelf.build()
    with zipfile.ZipFile(artifact.path) as archive:
        assert archive.getinfo("python/pkg/big.txt").compress_type == zipfile.ZIP_DEFLATED
    assert tree(artifact.path)["pkg/big.txt"] == b"a" * 100_000
    assert artifact.size == shelf.measured()


def test_record_is_copied_when_nothing_moved(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/a.py": "1", "pkg/": ""})
    record = "pkg-1.0.dist-info/RECORD"
    assert tree(shelf.build().path)[record] == placed((shelf.folder / "pkg-1.0-py3-none-any.whl").read_bytes())[record]


def test_record_tells_where_files_are_now(shelf: Shelf) -> None:
    shelf.add(
        "pkg",
        {"pkg/a.py": "1", "pkg/__pycache__/a.cpython-312.pyc": "2", 'pkg/ü,".py': "3"},
        data={"purelib/top.py": "4", "scripts/run": "5"},
    )
    record = tree(shelf.build().path)["pkg-1.0.dist-info/RECORD"].decode()
    paths = [row[0] for row in csv.reader(io.StringIO(record))]
    assert paths == [
        "pkg/a.py",
        'pkg/ü,".py',
        "top.py",
        "pkg-1.0.dist-info/METADATA",
        "pkg-1.0.dist-info/WHEEL",
        "pkg-1.0.dist-info/RECORD",
    ]


def test_the_same_content_gives_the_same_bytes_whatever_the_machine(shelf: Shelf, tmp_path: Path) -> None:
    own = own_file("python/own/tool", tmp_path / "tool", b"#!/bin/sh\n", executable=True)
    other = own_file("python/own/a.txt", tmp_path / "a.txt", b"a" * 9999)
    shelf.add("b", {"b.py": "b"}, data={"data/share/x": "y"})
    shelf.add("a", {"a.py": "a"})
    first = shelf.build(shelf.content(own_files=[own, other])).path.read_bytes()
    shelf.distributions = dict(reversed(shelf.distributions.items()))
    umask, zone = os.umask(0o077), os.environ.get("TZ")
    try:
        os.environ["TZ"] = "Asia/Kathmandu"
        time.tzset()
        second = shelf.build(shelf.content(own_files=[other, own]), into="again").path
    finally:
        os.umask(umask)
        os.environ.pop("TZ")
        if zone:
            os.environ["TZ"] = zone
        time.tzset()
    assert second.read_bytes() == first
    assert second.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_a_wheel_that_was_cut_while_the_layer_is_built_is_named(size: int) -> None:
    wheel, name = make_wheel("pkg", "1.0", {"pkg/a.py": os.urandom(size)}), wheel_filename("pkg", "1.0")
    checked = verify(lambda offset, count: wheel[offset : offset + count], len(wheel), name)
    cut = OpenWheel(
        filename=name,
        size=len(wheel),
        placement=checked.placement,
        about=checked.about,
        read=lambda offset, count: wheel[: size // 2][offset : offset + count],
    )
    with ExitStack() as stack:
        layout = lay_out([Part("pkg", cut)], OwnFiles(), ("lock", b""), Packer(stack))
        with pytest.raises(BuildError, match=r"^pkg-1\.0-py3-none-any\.whl changed while the layer was built"):
            splice(layout, io.BytesIO())


def test_an_own_file_takes_the_place_of_a_distributions_and_says_so(shelf: Shelf, tmp_path: Path) -> None:
    shelf.add("pkg", {"pkg/conf.py": "theirs"})
    content = shelf.content(own_files=[own_file("python/pkg/conf.py", tmp_path / "conf.py", b"ours")])
    artifact = shelf.build(content)
    assert tree(artifact.path)["pkg/conf.py"] == b"ours"
    assert [finding.check for finding in artifact.findings] == ["own-file-replaces"]
    assert artifact.size == shelf.measured(content)


@pytest.mark.parametrize("size", [10, 6 << 20])
def test_an_own_file_that_changed_since_it_was_read_is_an_error(shelf: Shelf, tmp_path: Path, size: int) -> None:
    own = own_file("python/model.bin", tmp_path / "model.bin", os.urandom(size))
    shelf.add("pkg", {"a.py": ""})
    own.source.write_bytes(os.urandom(size))
    with pytest.raises(BuildError, match=r"model\.bin changed while the layer was built"):
        shelf.build(shelf.content(own_files=[own]))


def test_an_own_file_that_no_plain_zip_holds_is_an_error(shelf: Shelf, tmp_path: Path) -> None:
    own = replace(own_file("python/model.bin", tmp_path / "model.bin", b""), size=1 << 32)
    shelf.add("pkg", {"a.py": ""})
    with pytest.raises(BuildError, match=r"^python/model\.bin has 4295\.0 MB: more than a plain zip holds"):
        shelf.build(shelf.content(own_files=[own]))


def test_own_files_that_no_layer_can_hold_are_not_deflated_to_be_refused(shelf: Shelf, tmp_path: Path) -> None:
    own = replace(own_file("python/model.bin", tmp_path / "model.bin", b""), size=1 << 30)
    own.source.unlink()
    shelf.add("pkg", {"a.py": ""})
    content = shelf.content(own_files=[own])
    assert isinstance(size := shelf.measured(content), LayerSize)
    assert size.unzipped > 1 << 30
    with pytest.raises(RefusedLayerError, match=r"1073\.7 MB unzipped; Lambda's limit"):
        shelf.build(content)


def test_an_own_file_that_is_gone_is_an_error(shelf: Shelf, tmp_path: Path) -> None:
    own = own_file("python/model.bin", tmp_path / "model.bin", b"x")
    shelf.add("pkg", {"a.py": ""})
    own.source.unlink()
    with pytest.raises(BuildError, match=r"model\.bin cannot be read"):
        shelf.build(shelf.content(own_files=[own]))


@pytest.mark.parametrize("size", [0, 10, 6 << 20])
def test_an_own_file_of_any_size_goes_in(shelf: Shelf, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    own = own_file("python/model.bin", tmp_path / "model.bin", content)
    shelf.add("pkg", {"a.py": ""})
    assert tree(shelf.build(shelf.content(own_files=[own])).path)["model.bin"] == content


def test_a_zip_with_names_beyond_ascii_is_read_back(shelf: Shelf) -> None:
    files = {"pkg/naïve.py": b"1", "pkg/日本.py": b"2"}
    shelf.add("pkg", files)
    assert tree(shelf.build().path).items() >= files.items()
