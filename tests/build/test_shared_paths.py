"""Paths that two wheels ship: who wins, and what is said of it."""

from pathlib import Path

import pytest

from layer_action.errors import BuildError
from tests.build.shelf import OLD, X86, Shelf, tree
from tests.standins.wheels import Extra


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


def test_a_path_in_two_wheels_with_the_same_bytes_is_no_conflict(shelf: Shelf) -> None:
    shelf.add("one", {"ns/__init__.py": "x = 1\n" * 999})
    shelf.add("two", {"ns/__init__.py": "x = 1\n" * 999}, extra=Extra(stored=["ns/__init__.py"]))
    artifact = shelf.build()
    assert artifact.findings == ()
    assert tree(artifact.path)["ns/__init__.py"] == b"x = 1\n" * 999


def test_of_two_files_with_one_path_pips_winner_is_taken_and_named(shelf: Shelf) -> None:
    shelf.add("base", {"ns.py": "base"})
    shelf.add("app", {"ns.py": "app"}, requires=["base"])
    artifact = shelf.build()
    assert tree(artifact.path)["ns.py"] == b"app"  # base is installed first, as app needs it
    (finding,) = artifact.findings
    assert (finding.severity, finding.check) == ("warning", "path-conflict")
    assert "base and app both ship ns.py" in finding.message
    assert artifact.size == shelf.measured()


@pytest.mark.parametrize("marker", ['; extra == "all"', '; python_version < "3.12"'])
def test_who_wins_follows_from_the_wheels_alone(shelf: Shelf, marker: str) -> None:
    """They are all that the digest tells of: not who asks for which of them, nor for which of their extras."""
    shelf.add("zeta", {"ns.py": "zeta"}, requires=[f"beta {marker}"])
    shelf.add("beta", {"ns.py": "beta"})
    asked_for = tree(shelf.build().path)
    shelf.add("beta", {"ns.py": "beta"}, required_by=["zeta"])
    shared = shelf.content(targets=[X86, OLD])
    needed, of_both = tree(shelf.build().path), tree(shelf.build(shared).path)
    assert asked_for["ns.py"] == needed["ns.py"] == of_both["ns.py"] == b"zeta"


def test_two_compiled_files_with_one_path_are_an_error(shelf: Shelf) -> None:
    shelf.add("one", {"lib.so": b"\x7fELF one"})
    shelf.add("two", {"lib.so": b"\x7fELF two"})
    (finding,) = shelf.findings()
    assert (finding.severity, finding.check) == ("error", "path-conflict")


def test_a_file_where_another_has_a_folder_is_an_error(shelf: Shelf) -> None:
    shelf.add("one", {"ns/deep/a.py": ""})
    shelf.add("two", {"ns": ""})
    with pytest.raises(BuildError, match="python/ns is a file in"):
        shelf.build()
