"""Compiled files that a program of its own reads."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from layer_action.build.wheels.elf import CompiledFile, ReadElf
from layer_action.build.wheels.elf_apart import ElfReader
from tests.standins.elf import AARCH64, X86_64, make_elf

FILES = {
    make_elf(X86_64, ["GLIBC_2.17"]): ("x86_64", (2, 17)),
    make_elf(AARCH64): ("aarch64", (0, 0)),
    make_elf(243): ("riscv64", (0, 0)),
    make_elf(9999): ("machine 9999", (0, 0)),
    b"\x7fELF of a kind": None,
}


def read(elf: ReadElf, content: bytes) -> CompiledFile | None:
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return elf("x y.so", file)


def expected(content: bytes) -> CompiledFile | None:
    found = FILES[content]
    return CompiledFile("x y.so", *found) if found else None


def test_several_threads_are_answered() -> None:
    contents = [*FILES] * 5
    with ElfReader() as elf, ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda content: read(elf.read, content), contents))
    assert found == list(map(expected, contents))


@pytest.mark.parametrize("python", ["/no/such/python", "/bin/false"])
def test_without_the_program_files_are_read_all_the_same(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", python)
    with ElfReader() as elf:
        assert [read(elf.read, content) for content in FILES] == list(map(expected, FILES))
