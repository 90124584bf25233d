"""The directory of a zip, read by ranges."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.errors import BadZipError
from layer_action.formats.zipdir import Member, read_directory, read_member
from layer_action.formats.zipend import end_records, end_size
from tests.standins.wheels import zip_bytes


class Ranges:
    """Bytes that count how they are read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.reads: list[tuple[int, int]] = []

    def __call__(self, offset: int, count: int) -> bytes:
        assert offset >= 0
        self.reads.append((offset, count))
        return self.content[offset : offset + count]


def directory(content: bytes) -> tuple[Member, ...]:
    return read_directory(Ranges(content), len(content))


NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=8), st.binary(max_size=40))
def test_it_reads_what_zipfile_wrote(files: dict[str, bytes], comment: bytes) -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
        archive.comment = comment
    content = into.getvalue()
    members = directory(content)
    assert {m.name: read_member(Ranges(content), m) for m in members} == files


def test_a_small_zip_takes_one_read_for_the_directory_and_one_for_a_member() -> None:
    ranges = Ranges(zip_bytes({"a": b"1", "b": b"2"}))
    members = read_directory(ranges, len(ranges.content))
    assert read_member(ranges, members[1]) == b"2"
    assert len(ranges.reads) == 2


def test_a_large_zip_takes_two_reads_for_the_directory() -> None:
    ranges = Ranges(zip_bytes({f"package/module_with_a_long_name_{i}.py": b"" for i in range(3000)}))
    assert len(read_directory(ranges, len(ranges.content))) == 3000
    assert len(ranges.reads) == 2


def test_bytes_before_the_zip_move_the_offsets() -> None:
    content = b"#!/bin/sh\n" * 7 + zip_bytes({"a": b"hello"})
    (member,) = directory(content)
    assert read_member(Ranges(content), member) == b"hello"


CROWD = 66_003


@pytest.fixture(scope="module")
def crowded() -> tuple[bytes, int]:
    """Return what zipfile writes of very many empty members, each named by its number, and where its directory is."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for number in range(CROWD):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
        start = archive.start_dir
    return into.getvalue(), start


def test_a_zip64_directory_is_read(crowded: tuple[bytes, int]) -> None:
    assert len(directory(crowded[0])) == CROWD


@pytest.mark.parametrize(("members", "is_wide"), [(65_534, False), (65_535, True), (65_536, True)])
def test_zip64_is_written_only_where_members_are_more_than_a_plain_zip_counts(
    crowded: tuple[bytes, int], members: int, is_wide: bool
) -> None:
    theirs, start = crowded
    size = sum(46 + len(str(number)) for number in range(members))
    end = end_records(members=members, size=size, start=start)
    assert end_size(members) == len(end) == (98 if is_wide else 22)
    ours = theirs[: start + size] + end
    assert len(directory(ours)) == members
    assert len(zipfile.ZipFile(io.BytesIO(ours)).infolist()) == members


def with_both_ends(*, members: int, before: bytes = b"") -> bytes:
    """Return a zip of two members whose directory ends in zip64's records, and in a plain one that needs none."""
    plain = zip_bytes({"a": b"1", "b": b"2"})
    start, end = plain.index(b"PK\1\2"), len(plain) - 22
    wide = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2, 2, end - start, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    return before + plain[:end] + wide + locator + plain[end:-12] + struct.pack("<H", members) + plain[-10:]


@pytest.mark.parametrize("members", [2, 0xFFFF])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\n" * 7])
def test_zip64_end_records_that_nothing_needs_are_read(members: int, before: bytes) -> None:
    content = with_both_ends(members=members, before=before)
    assert zipfile.ZipFile(io.BytesIO(content)).read("b") == b"2"
    assert [read_member(Ranges(content), member) for member in directory(content)] == [b"1", b"2"]


def test_two_end_records_of_two_directories_are_an_error() -> None:
    with pytest.raises(BadZipError, match="two directories"):
        directory(with_both_ends(members=1))


def test_a_zip64_locator_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(BadZipError, match="not where its locator says"):
        directory(with_both_ends(members=2).replace(b"PK\6\6", b"PK\6\5"))


def test_zip64_sizes_beside_a_small_member_are_read() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive, archive.open(zipfile.ZipInfo("big"), "w", force_zip64=True) as member:
        member.write(b"content")
    content = into.getvalue()
    (found,) = directory(content)
    assert read_member(Ranges(content), found) == b"content"


def test_a_zip64_field_longer_than_what_holds_it_is_an_error() -> None:
    plain = zip_bytes({"a": b"1"})
    start = plain.index(b"PK\1\2")
    entry, end = bytearray(plain[start:-22]), bytearray(plain[-22:])
    field = struct.pack("<2H2Q", 1, 999, 1, 1)
    struct.pack_into("<2I", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(field))
    struct.pack_into("<I", end, 12, len(entry) + len(field))
    with pytest.raises(BadZipError, match="zip64 field is missing or too short"):
        directory(plain[:start] + entry + field + end)


def _without_end(content: bytes) -> bytes:
    return content[:-1]


def _wrong_count(content: bytes) -> bytes:
    return content[:-12] + struct.pack("<H", 7) + content[-10:]


def _broken_entry(content: bytes) -> bytes:
    return content.replace(b"PK\x01\x02", b"PK\x01\x03", 1)


def _directory_elsewhere(content: bytes) -> bytes:
    return content[:-6] + struct.pack("<I", 1 << 30) + content[-2:]


def _larger_directory(content: bytes) -> bytes:
    size = struct.unpack("<I", content[-10:-6])[0]
    return content[:-10] + struct.pack("<I", size + 5) + content[-6:]


@pytest.mark.parametrize(
    "damage", [_without_end, _wrong_count, _broken_entry, _directory_elsewhere, _larger_directory, lambda _: b""]
)
def test_a_damaged_directory_is_an_error(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadZipError):
        directory(damage(zip_bytes({"a": b"1", "b": b"2"})))


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(0, 255))
def test_no_bytes_end_in_anything_but_members_or_a_clear_error(noise: bytes, place: int, value: int) -> None:
    whole = bytearray(zip_bytes({"a/b.py": b"print()" * 9, "c": noise}))
    whole[place % len(whole)] = value
    content = bytes(whole)
    try:
        for member in directory(content):
            read_member(Ranges(content), member)
    except BadZipError:
        pass


def test_a_member_that_unpacks_to_more_than_it_says_is_refused() -> None:
    content = zip_bytes({"bomb": bytes(1 << 20)})
    (member,) = directory(content)
    with pytest.raises(BadZipError, match="size or the checksum"):
        read_member(Ranges(content), member._replace(uncompressed=10))


def test_a_member_beyond_4_gib_is_an_error() -> None:
    plain = zip_bytes({"a": b"1"})
    start = plain.index(b"PK\1\2")
    entry, end = bytearray(plain[start:-22]), bytearray(plain[-22:])
    field = struct.pack("<2H2Q", 1, 16, 1 << 33, 1 << 33)
    struct.pack_into("<2I", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(field))
    struct.pack_into("<I", end, 12, len(entry) + len(field))
    with pytest.raises(BadZipError, match="8589934592 bytes"):
        directory(plain[:start] + entry + field + end)


def test_a_zip_behind_4_gib_of_other_bytes_is_an_error() -> None:
    before = 4 << 30
    tail = Ranges(bytes(1 << 17) + zip_bytes({"a": b"1"}))
    with pytest.raises(BadZipError, match="4 GiB"):
        read_directory(lambda offset, count: tail(offset - before, count), before + len(tail.content))


@given(st.dictionaries(NAMES, st.just(b""), max_size=8))
def test_members_are_the_same_one_by_one_and_together(files: dict[str, bytes]) -> None:
    members = directory(zip_bytes(files))
    assert [members[number] for number in range(len(members))] == list(members) == list(members[:])
    assert [name.decode() for name in members.names()] == [member.name for member in members]
    assert [members.offset(begin) for begin in members.begins] == [member.offset for member in members]
