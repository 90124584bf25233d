"""Where the members of a wheel go."""

import csv
import io
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.wheels.members import place
from layer_action.build.wheels.placement import AT_ONCE, Files, Placement
from layer_action.build.wheels.recorded import rewritten_record
from layer_action.formats.zipdir import read_directory
from layer_action.formats.zipentry import entry
from tests.standins.wheels import zip_bytes

INFO = "pkg-1.0.dist-info"
PART = st.sampled_from(["a", "b", "a-b", "é", "c.py"])
NAMES = st.sets(st.lists(PART, min_size=1, max_size=3).map("/".join), max_size=9)


def placement(*names: str, excluded: str = "") -> Placement:
    content = zip_bytes(dict.fromkeys([f"{INFO}/METADATA", *names], b""))
    members = read_directory(lambda offset, count: content[offset : offset + count], len(content))
    found = place(members, "pkg-1.0-py3-none-any.whl")
    return found.without(lambda path: path == excluded) if excluded else found


@given(NAMES)
def test_files_are_found_by_their_path_and_by_the_folder_at_the_top(names: set[str]) -> None:
    files = placement(*names).files
    assert [file.path for file in files] == sorted({*names, f"{INFO}/METADATA"})
    assert set(files.top()) == {path.partition("/")[0] for path, _ in files}
    assert all(files.find(path) == member for path, member in files)
    assert files.find("nowhere") is None


def test_what_moves_out_of_data_keeps_its_place_in_the_wheel() -> None:
    content = zip_bytes({f"{INFO}/METADATA": b"", "pkg-1.0.data/purelib/a.py": b"", "b.py": b""})
    members = read_directory(lambda offset, count: content[offset : offset + count], len(content))
    found = place(members, "pkg-1.0-py3-none-any.whl")
    places = {member.name: member.offset for member in members}
    moved, plain, _ = found.files
    assert (moved.path, moved.member.offset) == ("a.py", places["pkg-1.0.data/purelib/a.py"])
    assert (plain.path, plain.member.offset) == ("b.py", places["b.py"])
    assert found.record_changes


def test_what_is_excluded_is_told_apart() -> None:
    found = placement("a.py", "b.py", excluded="a.py")
    assert [path for path, _ in found.excluded] == ["a.py"]
    assert found.files.find("a.py") is None
    assert found.record_changes


def test_metadata_are_never_excluded() -> None:
    found = placement("a.py", excluded=f"{INFO}/METADATA")
    assert found == placement("a.py")


@given(NAMES, st.data())
def test_files_are_apart_when_none_is_a_folder_too(names: set[str], data: st.DataObject) -> None:
    twice = data.draw(st.sets(st.sampled_from(sorted(names)), max_size=1)) if names else set()
    paths = sorted([*names, *twice], key=str.encode)
    assert files(dict(enumerate(paths))).apart == (
        not twice and not any(other.startswith(f"{name}/") for name in names for other in names)
    )


def files(paths: dict[int, str], compressed: int = 10) -> Files:
    made = [
        entry(f"python/{path}".encode(), method=8, crc=0, compressed=compressed, uncompressed=9, executable=False)
        for path in paths.values()
    ]
    return Files.of(made, array("I", paths))


@pytest.mark.parametrize(
    ("places", "breaks"),
    [
        ([0, 60, 110], [0]),
        ([0, 60, 40_000], [0, 2]),
        ([500, 0, 60], [0, 1]),
    ],
)
def test_files_that_lie_together_are_read_together(places: list[int], breaks: list[int]) -> None:
    found = files({place: f"{number}.py" for number, place in enumerate(places)})
    assert list(found.located(array("I", [place + 40 for place in places])).breaks) == breaks


def test_no_read_is_longer_than_it_may_be_but_for_one_large_file() -> None:
    size = AT_ONCE // 3
    found = files({number * (size + 40): f"{number}.py" for number in range(7)}, compressed=size)
    located = found.located(array("I", [place + 40 for place in found.places]))
    assert list(located.breaks) == [0, 2, 4, 6]


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
