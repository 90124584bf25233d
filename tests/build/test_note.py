"""What is noted of a wheel beside it in the cache."""

import io
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.wheels.elf import CompiledFile
from layer_action.build.wheels.note import Note, decode, encode
from layer_action.build.wheels.verify import verify
from layer_action.record import replace
from tests.standins.wheels import Extra, make_wheel

FILE = "pkg-1.0-py3-none-any.whl"
PATHS = st.lists(st.sampled_from(["a", "b", "é"]), min_size=1, max_size=3).map(lambda parts: "/".join(parts) + ".py")


def note(files: dict[str, bytes], data: dict[str, bytes], compiled: tuple[CompiledFile, ...] = ()) -> Note:
    wheel = make_wheel("pkg", "1.0", files, data=data, extra=Extra(stored=tuple(files)))

    def read(offset: int, count: int) -> bytes:
        return io.BytesIO(wheel).getbuffer()[offset : offset + count].tobytes()

    found = verify(read, len(wheel), FILE)
    return Note(stamp=[1, 2**63, 3], verified=replace(found, compiled=compiled))


@given(
    files=st.dictionaries(PATHS, st.binary(max_size=9) | st.just(b"x" * 5000), max_size=5),
    data=st.dictionaries(st.sampled_from(["purelib/p.py", "scripts/run"]), st.binary(max_size=9)),
)
def test_a_note_is_read_as_it_was_written(files: dict[str, bytes], data: dict[str, bytes]) -> None:
    written = note(files, data, (CompiledFile("pkg/é.so", "x86_64", (2, 34)),))
    assert decode(io.BytesIO(b"".join(encode(written)))) == written


def test_a_note_that_is_cut_short_is_none() -> None:
    content = b"".join(encode(note({"a.py": b"a"}, {"purelib/p.py": b"p"})))
    for end in range(len(content)):
        with pytest.raises((ValueError, EOFError)):
            decode(io.BytesIO(content[:end]))


def test_a_note_with_another_byte_anywhere_is_none() -> None:
    content = b"".join(encode(note({"a.py": b"a"}, {"purelib/p.py": b"p"}, (CompiledFile("a.so", "x86_64", (2, 34)),))))
    for at in range(len(content)):
        with pytest.raises(ValueError, match="damaged"):
            decode(io.BytesIO(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]))


def test_a_note_that_claims_more_than_a_wheel_has_is_none() -> None:
    head, behind = b"".join(encode(note({"a.py": b"a"}, {}))).split(b"\n", 1)
    line = json.dumps(json.loads(head[head.index(b"{") :]) | {"numbers": [10**12] * 7}).encode() + b"\n"
    with pytest.raises(ValueError, match="damaged"):
        decode(io.BytesIO(b"%08x " % zlib.crc32(line) + line + behind))
