"""What compiled files need, read without trusting a word of them."""

import _ctypes
import gc
import io
import platform
import struct
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.wheels.elf import CompiledFile, read_elf
from tests.standins.elf import AARCH64, X86_64, make_elf

WHOLE = make_elf(X86_64, ["GLIBC_2.2.5", "GLIBC_2.17"], weak=["GLIBC_2.38"])
VERSIONS = WHOLE.index(struct.pack("<2H", 1, 3))  # the record of libc.so.6 with its three versions
FIRST = VERSIONS + 16


def read(content: bytes) -> CompiledFile | None:
    return read_elf("x.so", io.BytesIO(content))


def changed(offset: int, value: bytes) -> bytes:
    return WHOLE[:offset] + value + WHOLE[offset + len(value) :]


def test_the_newest_version_that_the_loader_insists_on_counts() -> None:
    assert read(WHOLE) == CompiledFile("x.so", "x86_64", (2, 17))


def test_a_file_without_versions_needs_none() -> None:
    assert read(make_elf(AARCH64)) == CompiledFile("x.so", "aarch64", (0, 0))


@pytest.mark.parametrize(("ability", "since"), [("DT_RELR", (2, 36)), ("GNU2_TLS", (2, 42))])
def test_what_the_c_library_learnt_late_is_a_version_too(ability: str, since: tuple[int, int]) -> None:
    file = make_elf(X86_64, ["GLIBC_2.17", f"GLIBC_ABI_{ability}"])
    assert read(file) == CompiledFile("x.so", "x86_64", since)


STRANGE = {
    "x86_64 in 32 bits": changed(4, b"\1"),
    "x86_64 in big-endian order": changed(5, b"\2")[:18] + b"\0\x3e" + WHOLE[20:],
}


@pytest.mark.parametrize("machine", STRANGE)
def test_a_file_for_the_same_processor_in_another_mode_is_told_apart(machine: str) -> None:
    found = read(STRANGE[machine])
    assert found
    assert found.machine == machine


def test_a_file_for_another_machine_is_known_however_broken_it_is() -> None:
    broken = make_elf(AARCH64, ["GLIBC_2.17"])
    broken = broken[:32] + struct.pack("<Q", 2**62) + broken[40:]
    assert read(broken) == CompiledFile("x.so", "aarch64", (0, 0))


def test_stripped_or_lying_section_headers_hide_nothing() -> None:
    assert read(changed(40, bytes(8)).replace(b".gnu.version_r", b".gnu.nothing__")) == read(WHOLE)


@pytest.mark.skipif(not getattr(_ctypes, "__file__", ""), reason="this Python has _ctypes built in")
def test_a_module_of_the_running_python_needs_no_newer_glibc_than_there_is() -> None:
    path = str(_ctypes.__file__)
    with Path(path).open("rb") as file:
        found = read_elf(path, file)
    assert found
    assert found.machine == sysconfig.get_platform().partition("-")[2]
    here = tuple(map(int, platform.libc_ver()[1].split(".")))
    assert (2, 0) < found.glibc <= here


def test_a_machine_that_nobody_knows_is_a_number() -> None:
    found = read(changed(18, struct.pack("<H", 54321)))
    assert found
    assert found.machine == "machine 54321"


def test_files_that_were_read_leave_nothing_for_a_later_search_of_the_memory() -> None:
    read(WHOLE)
    gc.collect()
    gc.disable()
    try:
        before = parts_of_the_parser()
        for _ in range(20):
            read(WHOLE)
        assert parts_of_the_parser() == before
    finally:
        gc.enable()


def parts_of_the_parser() -> int:
    """Count objects of pyelftools; other threads leave what they like."""
    return sum(str(type(found).__module__).startswith("elftools.") for found in gc.get_objects())


CIRCLES = {
    "a version beyond the file": changed(FIRST + 12, struct.pack("<I", 0x10000)),
    "sixty thousand versions": changed(VERSIONS + 2, struct.pack("<H", 0xFFFF)),
    "records without end": changed(VERSIONS + 12, struct.pack("<I", 1)),
    "sixty thousand program headers": changed(56, struct.pack("<H", 0xFFFF)),
    "program headers beyond all files": changed(32, struct.pack("<Q", 2**64 - 1)),
    "program headers of no size": changed(54, struct.pack("<H", 0)),
    "a dynamic section of all memory": changed(64 + 56 + 32, struct.pack("<Q", 2**64 - 1)),
}


@pytest.mark.parametrize("case", CIRCLES)
def test_counts_and_offsets_are_not_believed(case: str) -> None:
    found = read(CIRCLES[case])
    assert found is None or found.machine == "x86_64"


def test_records_without_end_take_no_longer_in_a_large_file() -> None:
    class Counting(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.reads += 1
            return super().read(size)

    count = WHOLE.index(struct.pack("<Q", 0x6FFFFFFF)) + 8  # DT_VERNEEDNUM
    file = Counting(changed(count, struct.pack("<Q", 2**40)) + bytes(1 << 20))
    assert read_elf("x.so", file) == CompiledFile("x.so", "x86_64", (0, 0))
    assert file.reads < 5000


def test_a_name_without_an_end_is_not_read_to_the_end() -> None:
    class Counting(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.largest = max(self.largest, len(found))
            return found

    file = Counting(WHOLE.replace(b"GLIBC_2.17\0", b"GLIBC_2.17A") + b"A" * (4 << 20))
    read_elf("x.so", file)
    assert file.largest <= 1 << 18


@given(cut=st.integers(0, len(WHOLE)), at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_damage_is_never_a_crash(cut: int, at: int, byte: int) -> None:
    read(changed(at, bytes([byte]))[:cut])
