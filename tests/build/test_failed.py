"""What is said of builds that fail, by what their tools printed."""

import pytest

from layer_action.build.sources.failed import way_out

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


def test_a_build_by_rust_names_its_compiler() -> None:
    said = "💥 maturin failed\nhttpx.ConnectError: [Errno -2] Name or service not known"
    assert "`cargo`" in way_out(said)
    assert "`cargo`" not in way_out("error: command 'gcc' failed")
