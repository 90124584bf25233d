"""Where zips are written to: what arrives is what was put, and its sha256."""

import base64
import hashlib
import io
import threading
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.splicing.sink import Sink

PIECES = st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=50) | st.just(b"x" * (3 << 19))), max_size=30)


class Reluctant(io.BytesIO):
    """A file that takes at most a thousand bytes at a time, and fails after `room`."""

    def __init__(self, room: int = 1 << 30) -> None:
        super().__init__()
        self.room = room

    def write(self, piece: object, /) -> int:
        some = memoryview(cast("bytes", piece))[:1000]
        self.room -= len(some)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return super().write(some)


@given(PIECES)
def test_what_is_put_arrives_and_is_hashed(pieces: list[tuple[bytes, bytes]]) -> None:
    into = io.BytesIO()
    whole = b"".join(data + head + data for head, data in pieces)
    with Sink(cast("BinaryIO", into)) as sink:
        for head, data in pieces:
            sink.put(memoryview(data))
            sink.put_all([head, data], len(head) + len(data))
        sha256 = sink.finish()
    assert into.getvalue() == whole
    assert sink.position == len(whole)
    assert sha256 == base64.b64encode(hashlib.sha256(whole).digest()).decode()


def test_a_file_that_takes_a_part_gets_the_rest() -> None:
    into = Reluctant()
    with Sink(into) as sink:
        sink.put_all([b"head", b"x" * 5000], 5004)
        sink.finish()
    assert into.getvalue() == b"head" + b"x" * 5000


def test_a_full_disk_is_an_error_and_leaves_no_thread() -> None:
    before = threading.active_count()
    with pytest.raises(OSError, match="No space left"), Sink(Reluctant(room=100)) as sink:  # noqa: PT012
        sink.put_all([b"head", b"x" * 5000], 5004)
        sink.finish()
    assert threading.active_count() == before
