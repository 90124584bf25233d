"""Files that we deflate ourselves."""

import zlib
from contextlib import ExitStack
from random import Random

from layer_action.build.wheels.packing import Packed, PackedFiles, Packer, packed


def content(file: Packed) -> bytes:
    return zlib.decompress(b"".join(file.stream()), -zlib.MAX_WBITS)


def test_files_wait_whole_however_many_there_are_and_in_whichever_order_they_are_read() -> None:
    large = Random(0).randbytes(1 << 18)
    with ExitStack() as stack:
        packer = Packer(stack)
        files = [packer.pack(f"python/{n}", [large, b"%d" % n], executable=False) for n in range(3)]
        one, other = iter(files[0].stream()), iter(files[1].stream())
        first = [next(one), next(other), *one]
        assert zlib.decompress(first[0] + b"".join(first[2:]), -zlib.MAX_WBITS) == large + b"0"
        for number, file in reversed(list(enumerate(files))):
            assert content(file) == large + b"%d" % number
            assert (file.unzipped, file.crc) == (len(large) + 1, zlib.crc32(large + b"%d" % number))
            assert file.zipped == sum(map(len, file.stream()))


def test_what_a_file_holds_comes_in_small_pieces_however_well_it_packs() -> None:
    with ExitStack() as stack:
        file = Packer(stack).pack("python/zeros", [bytes(1 << 21), b"end"], executable=False)
        pieces = list(file.content())
    assert b"".join(pieces) == bytes(1 << 21) + b"end"
    assert max(map(len, pieces)) <= 1 << 16


def test_a_small_file_is_kept_in_memory() -> None:
    file = packed("python/RECORD", [b"a,", b",\n"])
    assert content(file) == b"a,,\n"
    assert (file.zipped, file.unzipped, file.executable) == (sum(map(len, file.stream())), 4, False)


def test_packed_files_are_what_they_were_however_many_there_are() -> None:
    with ExitStack() as stack:
        packer = Packer(stack)
        found = PackedFiles(packer)
        for number in range(2_000):
            path = f"python/{'a_long_name' * 5}/{number}.py"
            found.add(packer.pack(path, [b"%d" % number], executable=number % 2 == 0))
            found.add(packed(f"{path}c", [b"in memory"]))
        assert len(found) == 4_000
        assert (found.path(3_998), found[-1].path) == (path, f"{path}c")
        assert [content(found[at]) for at in (0, 1, 3_998)] == [b"0", b"in memory", b"1999"]
        assert [found[at].executable for at in (0, 2)] == [True, False]
