"""Where the members of a wheel go."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.members import place, rewritten_record
from layer_action.build.placement import Placement
from layer_action.formats.zipdir import read_directory
from tests.standins.wheels import zip_bytes

INFO = "pkg-1.0.dist-info"
PART = st.sampled_from(["a", "b", "a-b", "é", "c.py"])
NAMES = st.sets(st.lists(PART, min_size=1, max_size=3).map("/".join), max_size=9)


def placement(*names: str, excluded: str = "") -> Placement:
    content = zip_bytes(dict.fromkeys([f"{INFO}/METADATA", *names], b""))
    members = read_directory(lambda offset, count: content[offset : offset + count], len(content))
    return place(members, "pkg-1.0-py3-none-any.whl", (lambda path: path == excluded) if excluded else None)


@given(NAMES)
def test_files_are_found_by_their_path_and_by_the_folder_at_the_top(names: set[str]) -> None:
    files = placement(*names).files
    assert [file.path for file in files] == sorted({*names, f"{INFO}/METADATA"})
    assert set(files.top()) == {path.partition("/")[0] for path, _ in files}
    assert all(files.find(path) == member for path, member in files)
    assert files.find("nowhere") is None


def test_what_moves_out_of_data_keeps_its_member() -> None:
    files = placement("pkg-1.0.data/purelib/a.py", "b.py").files
    assert [(path, member.name) for path, member in files if "dist-info" not in path] == [
        ("a.py", "pkg-1.0.data/purelib/a.py"),
        ("b.py", "b.py"),
    ]


def test_what_is_excluded_is_told_apart() -> None:
    found = placement("a.py", "b.py", excluded="a.py")
    assert [path for path, _ in found.excluded] == ["a.py"]
    assert found.files.find("a.py") is None


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_record_may_come_in_pieces_and_in_any_order(ending: str, piece: int) -> None:
    rows = [
        "b.py,sha256=2,2",
        '"pkg-1.0.data/purelib/c,d.py",sha256=4,4',
        "a.py,sha256=1,1",
        "pkg-1.0.data/wild/x,,",
        "",
    ]
    record = ending.join([*rows, ""]).encode()
    found = placement("a.py", "b.py", "pkg-1.0.data/purelib/c,d.py", "gone.py", excluded="gone.py")
    pieces = (record[at : at + piece] for at in range(0, len(record), piece))
    text = b"".join(rewritten_record(pieces, found)).decode()
    assert [row[0] for row in csv.reader(io.StringIO(text))] == ["b.py", "c,d.py", "a.py"]
