"""Bytes that may be many, in memory or on disk."""

import gc
import io
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.errors import BuildError
from layer_action.on_disk import Lines, OnDisk, Spool, in_order, kept, pieces_of, rest_of

MANY = os.urandom(100_000)


@pytest.fixture(name="many", scope="module")
def many_on_disk() -> OnDisk:
    found = kept([MANY[:60_000], MANY[60_000:]])
    assert isinstance(found, OnDisk)
    return found


@given(start=st.integers(0, len(MANY)), count=st.integers(0, 300) | st.integers(0, len(MANY)))
def test_what_is_on_disk_is_cut_as_if_it_were_in_memory(many: OnDisk, start: int, count: int) -> None:
    assert many[start : start + count] == MANY[start : start + count]


def test_few_bytes_stay_in_memory() -> None:
    assert kept([b"ab", b"c"]) == b"abc"
    assert rest_of(io.BytesIO(b"abc")) == b"abc"


def test_the_rest_of_a_file_begins_where_it_was_read_to(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"head" + MANY)
    with path.open("rb") as file:
        file.read(4)
        found = rest_of(file)
    assert isinstance(found, OnDisk)
    assert (len(found), b"".join(pieces_of(found))) == (len(MANY), MANY)


def test_a_file_stays_readable_when_another_takes_its_name(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(MANY)
    other.write_bytes(bytes(len(MANY)))
    with path.open("rb") as file:
        found = rest_of(file)
    other.replace(path)
    assert found[:] == MANY


def test_a_file_that_somebody_cuts_short_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(MANY)
    with path.open("rb") as file:
        found = rest_of(file)
    os.truncate(path, 5000)
    assert found[:5] == MANY[:5]
    with pytest.raises(BuildError, match="cut short"):
        found[4990:5010]


def test_the_file_is_closed_when_nobody_asks_any_more(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(MANY)
    with path.open("rb") as file:
        found = rest_of(file)
    assert found[5:9] == MANY[5:9]
    assert open_handles(path) == 1
    del found
    assert open_handles(path) == 0


@pytest.mark.filterwarnings("error")
def test_a_file_that_cannot_be_opened_again_is_told_once(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b") as file:
        pass
    with pytest.raises(ValueError, match="closed file"):
        OnDisk(file, 0, 1)
    gc.collect()


@given(lines=st.lists(st.binary(max_size=60)), most=st.sampled_from([0, 100, 1 << 20]))
def test_lines_are_found_by_number_and_one_after_the_other(lines: list[bytes], most: int) -> None:
    found = Lines(lines, most)
    assert len(found) == len(lines)
    assert list(found) == lines
    assert found[:] == tuple(lines)
    assert [found[at] for at in range(-len(lines), len(lines))] == lines * 2


@given(lines=st.lists(st.binary(max_size=60)), most=st.sampled_from([0, 100, 500, 1 << 20]))
def test_lines_are_sorted_however_many_wait_on_disk(lines: list[bytes], most: int) -> None:
    assert list(in_order(lines, most)) == sorted(lines)


def test_a_line_may_be_longer_than_what_is_read_at_once() -> None:
    lines = [MANY, b"", MANY[:9], MANY[1:]]
    assert list(in_order(lines, 0)) == sorted(lines)
    assert list(Lines(lines)) == lines


@given(pieces=st.lists(st.binary(max_size=60), min_size=1), most=st.sampled_from([0, 100, 1 << 20]))
def test_what_is_put_on_a_spool_can_be_read_in_between(pieces: list[bytes], most: int) -> None:
    with closing(Spool(most)) as spool:
        for number, piece in enumerate(pieces):
            spool.put(piece)
            before = sum(map(len, pieces[:number]))
            assert len(spool) == before + len(piece)
            assert spool.read(before, len(piece)) == piece
            assert spool.read(0, len(pieces[0])) == pieces[0]


def open_handles(path: Path) -> int:
    """Count this process's handles of a file."""
    return [os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()].count(str(path))
