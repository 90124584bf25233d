"""A file of a server, read in parts."""

import gc
import tracemalloc
from pathlib import Path

import pytest

from tests.standins.files import Files, serve
from tests.standins.small_disk import full_disk, needs_mounts
from tests.unit.getting import BODY, quick


def test_a_range_that_is_answered_without_end_is_cut(files: Files) -> None:
    files.faults = ["endless", "endless"]
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert remote.size == len(remote.read(0, 100_000)) == 65_557


def test_a_range_of_no_size_that_can_be_is_as_good_as_none(files: Files) -> None:
    files.faults = ["sizeless"]
    with quick().ranged(f"{files.url}/small") as remote:
        assert remote.read(0, 99) == b"0123456789"


def test_a_range_is_held_once_while_it_is_read() -> None:
    size = 4 << 20  # as the directory of a wheel with forty thousand files
    content = {"/large": bytes(size + 100_000)}
    with serve(Files(content=content)) as files, quick().ranged(f"{files.url}/large") as remote:
        tracemalloc.start()
        try:
            assert len(remote.read(0, size)) == size
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 2.5 * size  # the server holds it too


def test_a_range_takes_one_request_and_the_tail_none(files: Files) -> None:
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert remote.size == len(BODY)
        assert remote.read(remote.size - 9, 100) == BODY[-9:]
        assert remote.read(5, 10) == BODY[5:15]
    assert [asked for _, asked in files.requests] == ["bytes=-65557", "bytes=5-14"]


def test_a_tail_that_was_let_go_is_asked_for_again(files: Files) -> None:
    with quick().ranged(f"{files.url}/a.whl") as remote:
        remote.let_go()
        assert remote.read(remote.size - 9, 100) == BODY[-9:]
    assert [asked for _, asked in files.requests] == ["bytes=-65557", "bytes=299991-299999"]


def test_a_file_shorter_than_the_tail_takes_one_request(files: Files) -> None:
    with quick().ranged(f"{files.url}/small") as remote:
        assert remote.read(0, 99) == b"0123456789"
    assert len(files.requests) == 1


def test_a_server_without_ranges_is_read_all_the_same(files: Files) -> None:
    files.ranges = False
    with quick().ranged(f"{files.url}/a.whl") as remote:
        assert (remote.size, remote.read(7, 3), remote.read(299_999, 5)) == (len(BODY), BODY[7:10], BODY[-1:])


@needs_mounts
def test_a_file_that_finds_no_room_while_it_is_read_whole_is_closed(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.ranges = False
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with full_disk(tmp_path / "temporary"), pytest.raises(OSError, match="No space left"):
        quick().ranged(f"{files.url}/a.whl")
    gc.collect()  # what is not closed by then is told, and no test may leave it
