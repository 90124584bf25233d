"""What is said of builds that fail, by what their tools printed."""

import pytest

from layer_action.build.sources.failed import quoted, way_out

NO_GIT = "RuntimeError: Unable to detect version control system. Checked: Git. Not installed: Mercurial, Darcs."


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (f"Error getting the version from source `uv-dynamic-versioning`: {NO_GIT}", "[tool.uv-dynamic-versioning]"),
        (f'File "site-packages/poetry_dynamic_versioning/cli.py"\n{NO_GIT}', "[tool.poetry-dynamic-versioning]"),
        ("RuntimeError: Error getting the version from source `versioningit`: NotSdistError", "[tool.versioningit]"),
        ('File "site-packages/pbr/packaging.py"\nVersioning for this project requires either', "PKG-INFO"),
        ("Error getting the version from source `vcs`: setuptools-scm was unable to detect", "[tool.hatch.version]"),
    ],
)
def test_a_tool_that_finds_no_history_takes_a_version_where_the_way_out_says(said: str, place: str) -> None:
    history, version = way_out(said).splitlines()
    assert "git's history" in history
    assert place in version


@pytest.mark.parametrize(
    "said",
    [
        "FileNotFoundError: [Errno 2] No such file or directory: '../VERSION'",
        "OSError: License file does not exist: ../../LICENSE",
        "ValueError: Readme path `source/../../README.md` does not exist",
        "error: can't copy '../../shared/data.json': doesn't exist or not a regular file",
        "pdm.backend.exceptions.ValidationError: Readme file not found ('../../README.md')",
        "FileNotFoundError: Forced include not found: shared",
    ],
)
def test_a_build_that_reads_beside_its_project_is_told_so(said: str) -> None:
    assert "a link will do" in way_out(f"Traceback\n{said}\n")


def test_a_path_that_a_compiler_prints_is_nothing_beside_the_project() -> None:
    assert "a link will do" not in way_out("../src/a.c:3: error: expected ';' before 'x'\nheader.h: not found")


def test_a_build_by_rust_names_its_compiler() -> None:
    said = "💥 maturin failed\nhttpx.ConnectError: [Errno -2] Name or service not known"
    assert "`cargo`" in way_out(said)
    assert "`cargo`" not in way_out("error: command 'gcc' failed")


def test_a_module_that_a_build_takes_without_asking_is_named() -> None:
    assert "takes pkg_resources without asking" in way_out("ModuleNotFoundError: No module named 'pkg_resources'")


def test_the_error_is_shown_though_advice_without_end_follows() -> None:
    advice = "".join(f"      line {number}\n" for number in range(30))
    said = f"      error: Multiple top-level packages discovered\n{advice}      [end of output]\n\nnote: …"
    first, *others = quoted(said).splitlines()
    assert "error: Multiple top-level packages" in first
    assert others[-1].endswith("line 29")
    assert "error:" not in "".join(others)
