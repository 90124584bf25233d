"""Wheels that are sound zips and yet strange: in what they say of themselves, and in what their paths would do."""

import csv
import io
import zipfile

import pytest

from layer_action.errors import BuildError, UnsafeWheelError
from tests.build.shelf import Shelf, tree
from tests.standins.rawzip import Entry, raw_wheel, raw_zip
from tests.standins.wheels import Extra, make_wheel

INFO = b"pkg-1.0.dist-info/"
NAME = "pkg-1.0-py3-none-any.whl"
A = Entry(name=b"pkg/a.py")
RECORD = Entry(name=INFO + b"RECORD", content=b"")


@pytest.fixture
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(folder=tmp_path_factory.mktemp("shelf"))


def metadata(text: str = "Name: pkg\nVersion: 1.0\n") -> Entry:
    return Entry(name=INFO + b"METADATA", content=f"Metadata-Version: 2.1\n{text}".encode())


def wheel(text: str = "Wheel-Version: 1.0\nTag: py3-none-any\n") -> Entry:
    return Entry(name=INFO + b"WHEEL", content=text.encode())


def moving(record: bytes) -> bytes:
    """Return a wheel whose RECORD must be written anew, because a file of it moves."""
    moved = Entry(name=b"pkg-1.0.data/purelib/pkg/b.py", content=b"y")
    return raw_zip([A, moved, metadata(), wheel(), Entry(name=INFO + b"RECORD", content=record)])


def refusal(shelf: Shelf, content: bytes) -> BuildError:
    shelf.put("pkg", NAME, content)
    with pytest.raises(BuildError) as caught:
        shelf.build()
    assert caught.value.hint
    return caught.value


def built(shelf: Shelf, content: bytes) -> dict[str, bytes]:
    shelf.put("pkg", NAME, content)
    return tree(shelf.build().path)


def test_a_wheel_that_is_refused_is_told_by_the_name_of_its_distribution(shelf: Shelf) -> None:
    shelf.put("my-pkg", "My_Pkg-1.0-py3-none-any.whl", b"no zip")
    with pytest.raises(BuildError) as caught:
        shelf.build()
    assert caught.value.distribution == "my-pkg"


REFUSED = {
    "no WHEEL": (raw_zip([A, metadata(), RECORD]), "holds no WHEEL"),
    "a format to come": (raw_zip([A, metadata(), wheel("Wheel-Version: 2.0\n"), RECORD]), "is of wheel format '2.0'"),
    "no format": (raw_zip([A, metadata(), wheel("Generator: hand\n"), RECORD]), "is of wheel format ''"),
    "another name in METADATA": (
        raw_zip([A, metadata("Name: evil\nVersion: 1.0\n"), wheel(), RECORD]),
        "says in its METADATA that it is evil 1.0",
    ),
    "another version in METADATA": (
        raw_zip([A, metadata("Name: pkg\nVersion: 9.0\n"), wheel(), RECORD]),
        "says in its METADATA that it is pkg 9.0",
    ),
    "a version without end in METADATA": (
        raw_zip([A, metadata(f"Name: pkg\nVersion: {'9' * 5000}\n"), wheel(), RECORD]),
        f"says in its METADATA that it is pkg {'9' * 200}.",
    ),
    "a format without end": (
        raw_zip([A, metadata(), wheel(f"Wheel-Version: {'9' * 5000}\n"), RECORD]),
        f"is of wheel format '{'9' * 200}', of which",
    ),
    "no version in METADATA": (
        raw_zip([A, metadata("Name: pkg\n"), wheel(), RECORD]),
        "says in its METADATA that it is pkg ",
    ),
    "metadata of another project in .data": (
        raw_wheel(Entry(name=b"pkg-1.0.data/purelib/boto3-99.dist-info/METADATA")),
        "holds pkg-1.0.data/purelib/boto3-99.dist-info/METADATA, which would take the place of metadata",
    ),
    "its own metadata in .data": (
        raw_wheel(Entry(name=b"pkg-1.0.data/data/pkg-1.0.dist-info/METADATA")),
        "which would take the place of metadata",
    ),
    "a path too long for Linux": (raw_wheel(Entry(name=b"d/" * 2100 + b"a.py")), "holds a path longer than 4083 bytes"),
    "a control character beyond ASCII": (raw_wheel(Entry(name="pkg/\x9b31m.py".encode())), "which no layer may hold"),
    "a line separator": (raw_wheel(Entry(name="pkg/\u2028a.py".encode())), "which no layer may hold"),
    "a name that reads backwards": (raw_wheel(Entry(name="pkg/\u202eyp.so".encode())), "which no layer may hold"),
    "a RECORD larger than memory should hold": (moving(b"x,\n" * 3_000_000), "has a RECORD that cannot be read"),
    "a RECORD with a field without end": (moving(b"x" * 200_000), "has a RECORD that cannot be read: field larger"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wheel_is_refused_for(shelf: Shelf, case: str) -> None:
    content, message = REFUSED[case]
    error = refusal(shelf, content)
    assert isinstance(error, UnsafeWheelError)
    assert error.message.startswith(f"{NAME} ")
    assert message in error.message


SAME = {
    "another spelling of the name": "Name: PKG\nVersion: 1.0\n",
    "another spelling of the version": "Name: pkg\nVersion: v1.0.0\n",
    "a header of several lines first": "Summary: one\n  two\nName: pkg\nVersion: 1.0\n",
}


@pytest.mark.parametrize("case", SAME)
def test_a_wheel_may_say_who_it_is_with(shelf: Shelf, case: str) -> None:
    assert built(shelf, raw_zip([A, metadata(SAME[case]), wheel(), RECORD]))["pkg/a.py"] == A.content


def test_a_local_version_is_the_same_in_name_and_metadata(shelf: Shelf) -> None:
    shelf.put(
        "pkg",
        "pkg-1.0+cpu.1-py3-none-any.whl",
        make_wheel("pkg", "1.0+cpu.1", {"pkg.py": "x = 1\n"}),
        version="1.0+cpu.1",
    )
    assert tree(shelf.build().path)["pkg.py"] == b"x = 1\n"


def test_composed_and_decomposed_letters_make_two_files(shelf: Shelf) -> None:
    composed, decomposed = "pkg/\u00e9.py", "pkg/e\u0301.py"
    found = built(
        shelf,
        raw_wheel(
            Entry(name=composed.encode(), flags=0x800), Entry(name=decomposed.encode(), flags=0x800, content=b"other")
        ),
    )
    assert (found[composed], found[decomposed]) == (A.content, b"other")


@pytest.mark.parametrize("record", ['pkg/a.py,"\0un\nfinished,1\n', "\udcff,,\n\n,\n", "pkg/a.py,sha256=\udcff,1\n"])
def test_a_record_of_any_shape_is_kept_to_what_the_layer_holds(shelf: Shelf, record: str) -> None:
    found = built(shelf, moving(record.encode("utf-8", "surrogateescape")))
    assert found["pkg/b.py"] == b"y"
    kept = found["pkg-1.0.dist-info/RECORD"].decode("utf-8", "surrogateescape")
    assert {row[0] for row in csv.reader(io.StringIO(kept, newline=""))} <= {"pkg/a.py", "pkg/b.py"}


def test_a_record_that_is_there_twice_is_kept_to_what_the_layer_holds_too(shelf: Shelf) -> None:
    record = Entry(name=INFO + b"RECORD", content=b"pkg/a.py,,\npkg-1.0.data/scripts/run,,\n")
    script = Entry(name=b"pkg-1.0.data/scripts/run")
    found = built(shelf, raw_zip([A, script, metadata(), wheel(), record, record]))
    assert found["pkg-1.0.dist-info/RECORD"] == b"pkg/a.py,,\n"


@pytest.mark.parametrize("turn", [1, -1])
def test_what_moves_out_of_data_takes_the_place_of_a_file_at_the_root_as_pip_does_it(shelf: Shelf, turn: int) -> None:
    moved = Entry(name=b"pkg-1.0.data/purelib/pkg/a.py", content=b"moved")
    found = built(shelf, raw_zip([*[A, moved][::turn], metadata(), wheel(), RECORD]))
    assert found["pkg/a.py"] == b"moved"


def test_a_path_that_one_wheel_has_as_file_and_as_folder_is_told_with_its_name(shelf: Shelf) -> None:
    error = refusal(shelf, raw_wheel(A, Entry(name=b"pkg/a.py/b.py")))
    assert error.message == "python/pkg/a.py is both a file and a folder in pkg."


def test_a_file_and_a_folder_of_two_wheels_are_told_with_both_names(shelf: Shelf) -> None:
    shelf.add("alpha", {"ns": "a file"})
    shelf.add("beta", {"ns/mod.py": "x = 1\n"})
    with pytest.raises(BuildError) as caught:
        shelf.build()
    assert caught.value.message == "python/ns is a file in alpha and a folder in beta."


def test_devices_and_pipes_are_plain_files(shelf: Shelf) -> None:
    modes = [0o020666, 0o060666, 0o010777, 0o140777, 0o040755]
    found = built(shelf, raw_wheel(*(Entry(name=b"pkg/%o" % mode, mode=mode) for mode in modes)))
    assert all(found[f"pkg/{mode:o}"] == A.content for mode in modes)
    with zipfile.ZipFile(shelf.folder / "out/shelf.zip") as archive:
        assert {info.external_attr >> 16 for info in archive.infolist()} == {0o100644}


def test_an_end_record_inside_the_comment_hides_nothing(shelf: Shelf) -> None:
    """The last one counts, for pip as for us: here it says that the zip is empty."""
    honest = raw_wheel(A)
    inner = b"PK\5\6" + bytes(18)
    assert "no .dist-info" in refusal(shelf, honest[:-2] + len(inner).to_bytes(2, "little") + inner).message


def test_code_in_a_pth_file_is_told_and_not_run(shelf: Shelf) -> None:
    mark = shelf.folder / "was-run"
    shelf.add("pkg", {"pkg.pth": f"import os; open({str(mark)!r}, 'w')\n"}, extra=Extra())
    assert [finding.check for finding in shelf.build().findings] == ["start-up-code"]
    assert not mark.exists()
