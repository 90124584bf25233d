"""Wheels that lie: each ends in a correct layer or in a clear error, and never reaches outside."""

import io
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layer_action.errors import BuildError, LayerTooLargeError, UnsafeWheelError
from tests.build.shelf import Shelf, tree
from tests.standins.rawzip import Entry, raw_wheel
from tests.standins.wheels import Extra, make_wheel

A = Entry(name=b"pkg/a.py")
B = Entry(name=b"pkg/b.py", content=b"other\n" * 40)
LARGE = Entry(name=b"pkg/large.py", content=bytes(200_000))
WIDE = 0xFFFFFFFF


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


def build(shelf: Shelf, wheel: bytes) -> dict[str, bytes]:
    shelf.put("pkg", "pkg-1.0-py3-none-any.whl", wheel)
    return tree(shelf.build().path)


def honest_crc(entry: Entry) -> int:
    return entry.sizes[0]


REFUSED = {
    "a parent folder": (raw_wheel(Entry(name=b"../evil.py")), "'../evil.py'"),
    "a parent folder inside": (raw_wheel(Entry(name=b"pkg/../../evil.py")), "which no layer may hold"),
    "a parent folder at the end": (raw_wheel(Entry(name=b"pkg/..")), "which no layer may hold"),
    "a parent folder in .data": (raw_wheel(Entry(name=b"pkg-1.0.data/purelib/../x")), "which no layer may hold"),
    "an absolute path": (raw_wheel(Entry(name=b"/etc/passwd")), "'/etc/passwd'"),
    "a backslash": (raw_wheel(Entry(name=b"pkg\\a.py")), "which no layer may hold"),
    "a drive": (raw_wheel(Entry(name=b"c:/a.py")), "which no layer may hold"),
    "an empty part": (raw_wheel(Entry(name=b"pkg//a.py")), "which no layer may hold"),
    "a dot": (raw_wheel(Entry(name=b"pkg/./a.py")), "which no layer may hold"),
    "a newline": (raw_wheel(Entry(name=b"pkg/a\n.py")), "which no layer may hold"),
    "a NUL": (raw_wheel(Entry(name=b"pkg/a.py\0.txt")), "which no layer may hold"),
    "no name": (raw_wheel(Entry(name=b"")), "which no layer may hold"),
    "a name that is not UTF-8": (raw_wheel(Entry(name=b"pkg/\xff.py")), "which no layer may hold"),
    "a name too long for Linux": (raw_wheel(Entry(name=b"pkg/" + b"a" * 256)), "longer than 255 bytes"),
    "a link": (raw_wheel(Entry(name=b"pkg/link", content=b"/etc/passwd", mode=0o120777)), "a symbolic link"),
    "an encrypted member": (raw_wheel(Entry(name=b"pkg/a.py", flags=1)), "an encrypted file"),
    "another compression": (raw_wheel(Entry(name=b"pkg/a.py", method=12, raw=b"x")), "by method 12"),
    "another name in its own header": (raw_wheel(Entry(name=b"pkg/a.py", local_name=b"pkg/z.py")), "in its own header"),
    "other sizes in its own header": (raw_wheel(Entry(name=b"pkg/a.py", local_sizes=(1, 2, 3))), "in its own header"),
    "a size too small": (raw_wheel(Entry(name=b"pkg/a.py", uncompressed=5)), "unpacks to more than it claims"),
    "a size too large": (raw_wheel(Entry(name=b"pkg/a.py", uncompressed=99)), "does not have the size"),
    "a wrong checksum": (raw_wheel(Entry(name=b"pkg/a.py", crc=7)), "does not have the size or the checksum"),
    "a stored size that lies": (raw_wheel(Entry(name=b"pkg/a.py", method=0, uncompressed=5)), "does not have the size"),
    "compressed data cut short": (
        raw_wheel(Entry(name=b"pkg/a.py", compressed=9)),
        "ends before, or after, its compressed data",
    ),
    "bytes after compressed data": (
        raw_wheel(Entry(name=b"pkg/a.py", raw=A.data + b"hidden")),
        "ends before, or after, its compressed data",
    ),
    "bytes after a lot of compressed data": (
        raw_wheel(Entry(name=LARGE.name, content=LARGE.content, raw=LARGE.data + b"hidden")),
        "ends before, or after, its compressed data",
    ),
    "noise as compressed data": (raw_wheel(Entry(name=b"pkg/a.py", raw=b"\xff" * 30)), "cannot be decompressed"),
    "overlapping members": (raw_wheel(A, Entry(name=b"pkg/a.py", offset=0)), "reaches into what follows"),
    "a member inside another": (
        raw_wheel(Entry(name=b"pkg/o", raw=b"x" * 99, method=0, content=b"x" * 99), Entry(name=b"p", offset=40)),
        "pkg/o reaches into what follows it",
    ),
    "a member in the directory": (raw_wheel(Entry(name=b"pkg/a.py", method=0, compressed=4000)), "reaches into"),
    "one name twice": (raw_wheel(A, Entry(name=b"pkg/a.py", content=b"z")), "is in it twice, with different contents"),
    "a size that deflate cannot reach": (
        raw_wheel(Entry(name=b"pkg/bomb", uncompressed=10**9)),
        "claims that pkg/bomb unpacks from 13 bytes to 1000000000",
    ),
    "a size that neither deflate nor a layer can reach": (
        raw_wheel(Entry(name=b"pkg/bomb", uncompressed=3 * 10**9)),
        "claims that pkg/bomb unpacks from 13 bytes to 3000000000",
    ),
    "a bomb that hides its size": (
        raw_wheel(Entry(name=b"pkg/bomb", content=bytes(120 << 20), uncompressed=10)),
        "unpacks to more than it claims",
    ),
    "no metadata": (raw_wheel().replace(b"pkg-1.0.dist-info", b"pkg-1.0.dist-inf0"), "no .dist-info folder"),
    "no RECORD": (raw_wheel().replace(b"dist-info/RECORD", b"dist-info/DROCER"), "holds no RECORD"),
    "metadata of another": (raw_wheel().replace(b"pkg-1.0.dist", b"xyz-1.0.dist"), "the metadata of another project"),
    "two metadata folders": (raw_wheel(Entry(name=b"pkg-2.0.dist-info/METADATA")), "several .dist-info folders"),
    "an unknown data folder": (raw_wheel(Entry(name=b"pkg-1.0.data/bin/x")), "none of the folders that .data may have"),
    "a file in .data itself": (raw_wheel(Entry(name=b"pkg-1.0.data/x")), "none of the folders that .data may have"),
    "a zip cut short": (raw_wheel(A)[:-30], "its end is missing"),
    "a zip with its head cut off": (raw_wheel(A)[40:], "points outside"),
    "no zip at all": (b"<html>not found</html>", "is not a zip"),
    "nothing": (b"", "is not a zip"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wheel_is_refused_for(shelf: Shelf, case: str) -> None:
    wheel, message = REFUSED[case]
    with pytest.raises(UnsafeWheelError) as caught:
        build(shelf, wheel)
    assert caught.value.message.startswith("pkg-1.0-py3-none-any.whl ")
    assert message in caught.value.message
    assert caught.value.hint
    left = [path for path in shelf.folder.rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["pkg-1.0-py3-none-any.whl"]


ACCEPTED = {
    "a data descriptor": Entry(
        name=b"pkg/a.py", flags=8, local_sizes=(0, 0, 0), trailer=b"PK\7\x08" + struct.pack("<3I", *A.sizes)
    ),
    "a data descriptor without signature": Entry(
        name=b"pkg/a.py", flags=8, local_sizes=(0, 0, 0), trailer=struct.pack("<3I", *A.sizes)
    ),
    "zip64 sizes in its own header": Entry(
        name=b"pkg/a.py",
        local_sizes=(honest_crc(A), WIDE, WIDE),
        local_extra=struct.pack("<2H2Q", 1, 16, A.sizes[2], A.sizes[1]),
    ),
    "a long field in its own header": Entry(name=b"pkg/a.py", local_extra=b"\xfe\xca" + b"\xfc\x7f" + bytes(0x7FFC)),
    "hints about the deflate level": Entry(name=b"pkg/a.py", flags=6),
    "a UTF-8 flag on an ASCII name": Entry(name=b"pkg/a.py", flags=0x800),
    "a mode of nobody": Entry(name=b"pkg/a.py", mode=0),
    "a setuid mode": Entry(name=b"pkg/a.py", mode=0o104755),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_layer_is_correct_in_spite_of(shelf: Shelf, case: str) -> None:
    found = build(shelf, raw_wheel(ACCEPTED[case], B))
    assert found["pkg/a.py"] == A.content
    assert found["pkg/b.py"] == B.content
    with zipfile.ZipFile(shelf.folder / "out/shelf.zip") as archive:
        assert {(entry.flag_bits, entry.extra) for entry in archive.infolist()} == {(0, b"")}


def test_oddities_of_a_wheel_leave_no_trace_in_the_layer(shelf: Shelf) -> None:
    """Equal content gives equal bytes, but for the lock, which counts the wheel's own hash."""
    layers = set()
    for number, entry in enumerate([A, *(ACCEPTED[case] for case in ACCEPTED if "setuid" not in case)]):
        shelf.put("pkg", "pkg-1.0-py3-none-any.whl", raw_wheel(entry))
        path = shelf.build(into=str(number)).path
        layers.add(path.read_bytes().partition(b"lambda-layer/")[0][:-30])
    assert len(layers) == 1


def test_an_honest_bomb_is_only_as_bad_as_its_size(shelf: Shelf) -> None:
    assert build(shelf, raw_wheel(Entry(name=b"pkg/zeros", content=bytes(120 << 20))))["pkg/zeros"] == bytes(120 << 20)


def test_what_no_layer_can_hold_is_refused_before_it_is_unpacked(shelf: Shelf) -> None:
    entries = [Entry(name=b"pkg/%d" % n, content=b"", raw=bytes(1 << 20), uncompressed=10**9) for n in range(2)]
    with pytest.raises(LayerTooLargeError, match=r"unpacks to 2000\.0 MB; a layer and its function hold 262\.1 MB"):
        build(shelf, raw_wheel(*entries))


def test_names_that_differ_by_case_are_two_files(shelf: Shelf) -> None:
    found = build(shelf, raw_wheel(A, Entry(name=b"pkg/A.py", content=b"other")))
    assert (found["pkg/a.py"], found["pkg/A.py"]) == (A.content, b"other")


def test_bytes_before_the_zip_are_passed_over(shelf: Shelf) -> None:
    assert build(shelf, raw_wheel(A, prefix=b"#!/usr/bin/python\n"))["pkg/a.py"] == A.content


def test_the_same_member_twice_is_one_file(shelf: Shelf) -> None:
    assert build(shelf, raw_wheel(A, A))["pkg/a.py"] == A.content


def test_a_wheel_with_more_members_than_a_plain_zip_is_refused(shelf: Shelf) -> None:
    into = io.BytesIO(make_wheel("pkg", "1.0", {}))
    with zipfile.ZipFile(into, "a") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"pkg/{number}"), b"")
    with pytest.raises(UnsafeWheelError, match="more than 50000 are not read"):
        build(shelf, into.getvalue())


LIMITED = """
import pickle, sys
from pathlib import Path
from layer_action.errors import BuildError
from tests.build.shelf import Shelf
folder = Path(sys.argv[1])
try:
    Shelf(folder=folder).build(pickle.loads((folder / "content").read_bytes()))
except BuildError as error:
    print(type(error).__name__)
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""


@pytest.mark.parametrize("case", ["members", "bomb", "metadata", "headers", "names", "directory"])
def test_memory_stays_below_64_mib_for(shelf: Shelf, case: str) -> None:
    if case == "members":
        wheel = make_wheel("pkg", "1.0", {f"pkg/module_{number}.py": "" for number in range(49_000)})
    elif case == "bomb":
        wheel = raw_wheel(Entry(name=b"b", content=bytes(300 << 20), uncompressed=1000))
    elif case == "metadata":
        wheel = make_wheel("pkg", "1.0", {}, extra=Extra(metadata=["Summary: " + "x" * (120 << 20)]))
    elif case == "headers":
        wheel = make_wheel("pkg", "1.0", {}, extra=Extra(metadata=["Requires-Dist: a"] * 60_000))
    elif case == "names":
        wheel = raw_wheel(*(Entry(name=b"a/" * 30 + b"%d.py" % number, content=b"") for number in range(45_000)))
    else:
        wheel = raw_wheel(*(Entry(name=b"x" * 60_000 + str(number).encode()) for number in range(800)))
    shelf.put("pkg", "pkg-1.0-py3-none-any.whl", wheel)
    (shelf.folder / "content").write_bytes(pickle.dumps(shelf.content()))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(shelf.folder)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    *errors, peak = done.stdout.split()
    assert errors == ([] if case in ("members", "headers") else ["UnsafeWheelError"])
    assert int(peak) < 64 << 10


ASKED = """
import sys
from pathlib import Path
from layer_action.build.wheels.metadata import MetadataReader
from layer_action.errors import BuildError
from layer_action.http import Http
wheel = Path(sys.argv[1])
try:
    print(MetadataReader(Http({}), wheel.parent).read_file(wheel).name)
except BuildError as error:
    print(type(error).__name__)
status = Path("/proc/self/status").read_text().split()
print(status[status.index("VmHWM:") + 1])
"""


@pytest.mark.parametrize(("members", "answer"), [(49_000, "pkg"), (99_000, "UnsafeWheelError")])
def test_asking_a_wheel_of_many_members_for_its_metadata_stays_below_64_mib(
    tmp_path: Path, members: int, answer: str
) -> None:
    wheel = tmp_path / "pkg-1.0-py3-none-any.whl"
    wheel.write_bytes(make_wheel("pkg", "1.0", {f"pkg/module_{number}.py": "" for number in range(members)}))
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(wheel)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    said, peak = done.stdout.split()
    assert said == answer
    assert int(peak) < 64 << 10  # KiB


@given(seed=st.integers(), damage=st.integers(1, 3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes_end_in_a_layer_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, seed: int, damage: int
) -> None:
    shelf = Shelf(folder=tmp_path_factory.mktemp("shelf"))
    chance = random.Random(seed)
    whole = bytearray(make_wheel("pkg", "1.0", {"pkg/a.py": "a" * 300, "pkg/b.so": b"\x7fELF" + chance.randbytes(60)}))
    for _ in range(damage):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    with suppress(BuildError):
        build(shelf, bytes(whole))
