"""Findings of the repository's own files in a layer, each with a small file that triggers it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from layer_action.errors import Location
from layer_action.model.layer import Finding
from layer_action.model.target import Target
from tests.build.shelf import ARM, OLD, X86, Shelf, own_file, spec
from tests.standins.elf import AARCH64, X86_64, make_elf

HERE = Location("layers.yml", 7)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


def found(
    shelf: Shelf, files: Mapping[str, bytes], *, targets: Sequence[Target] = (X86,), tools: bool = False
) -> list[Finding]:
    shelf.add("pkg", {"pkg/__init__.py": ""})
    folders = [shelf.folder / str(number) for number in range(len(files))]
    for folder in folders:
        folder.mkdir()
    own = [
        own_file(f"python/{path}", folder / Path(path).name, content, executable=tools)
        for folder, (path, content) in zip(folders, files.items(), strict=True)
    ]
    findings = shelf.findings(
        shelf.content(spec=spec(locations=(("include", HERE),)), own_files=own, targets=list(targets))
    )
    assert all((finding.location, finding.layer) == (HERE, "shelf") for finding in findings)
    return findings


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity.value, finding.check) for finding in findings]


def test_modules_packages_and_data_of_ones_own_have_no_findings(shelf: Shelf) -> None:
    elf = make_elf(X86_64, ["GLIBC_2.34"])
    files = {"shop/json.py": b"", "email/notes.txt": b"", "types.json": b"{}", "shop/_x.so": elf, "shop/a.pth": b"x"}
    assert found(shelf, files) == []


@pytest.mark.parametrize("path", ["json.py", "json/__init__.py", "json.cpython-312-x86_64-linux-gnu.so"])
def test_a_module_of_the_standard_library_is_shadowed(shelf: Shelf, path: str) -> None:
    [finding] = found(shelf, {path: b""})
    assert said([finding]) == [("warning", "shadows-standard-library")]
    assert finding.message == f"Your own python/{path}: a layer comes before Python's own module of that name."


@pytest.mark.parametrize(("target", "checks"), [(OLD, [("warning", "shadows-standard-library")]), (X86, [])])
def test_what_left_the_standard_library_is_shadowed_only_where_it_still_was(
    shelf: Shelf, target: Target, checks: list[tuple[str, str]]
) -> None:
    assert said(found(shelf, {"imp.py": b""}, targets=[target])) == checks


def test_what_runs_at_each_cold_start_is_told(shelf: Shelf) -> None:
    assert said(found(shelf, {"shop.pth": b"import shop\n"})) == [("notice", "start-up-code")]


def test_a_library_for_another_machine_is_an_error(shelf: Shelf) -> None:
    [finding] = found(shelf, {"shop/_x.so": make_elf(X86_64)}, targets=[ARM])
    assert said([finding]) == [("error", "wrong-machine")]
    assert finding.message == "Your own python/shop/_x.so was compiled for x86_64; 3.12 arm64 runs aarch64."


def test_a_program_for_another_machine_is_a_warning(shelf: Shelf) -> None:
    assert said(found(shelf, {"bin/tool": make_elf(X86_64)}, targets=[ARM], tools=True)) == [
        ("warning", "wrong-machine")
    ]


def test_twins_for_both_machines_make_up_for_each_other(shelf: Shelf) -> None:
    files = {"arm/libshop.so.1": make_elf(AARCH64), "x86/libshop.so.1": make_elf(X86_64)}
    assert found(shelf, files, targets=[X86, ARM]) == []


def test_a_library_that_needs_a_newer_glibc_is_an_error(shelf: Shelf) -> None:
    [finding] = found(shelf, {"shop/_x.so": make_elf(X86_64, ["GLIBC_2.28"])}, targets=[OLD])
    assert said([finding]) == [("error", "glibc-too-new")]
    assert finding.message == "Your own python/shop/_x.so needs glibc 2.28; python3.11 has 2.26."
