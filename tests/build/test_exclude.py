"""What `exclude` leaves out, and what it says it saved."""

from pathlib import Path

import pytest

from layer_action.build.splicing.exclude import excluder
from layer_action.record import replace
from tests.build.shelf import ARM, X86, Shelf, spec, tree
from tests.standins.wheels import Extra


@pytest.mark.parametrize(
    ("pattern", "path", "left_out"),
    [
        ("pandas/tests", "pandas/tests/io/test_x.py", True),
        ("pandas/tests/", "pandas/tests/x.py", True),
        ("pandas/tests/*", "pandas/tests/io/test_x.py", True),
        ("pandas/tests", "pandas/tests_data.py", False),
        ("python/pandas/tests/**", "pandas/tests/x.py", True),
        ("*.pyi", "a/b/c.pyi", True),
        ("*.pyi", "a/b/c.py", False),
        ("**/tests/**", "a/b/tests/c/d.py", True),
        ("**/tests/**", "tests/a.py", True),
        ("**/tests/**", "a/mytests/b.py", False),
        ("a/**/b.py", "a/b.py", True),
        ("a/**/b.py", "a/c/d/b.py", True),
        ("a/**/b.py", "a/cb.py", False),
        ("/pandas/tests", "pandas/tests/x.py", True),
        ("*.[ch]", "a/b.c", True),
        ("*.[!ch]", "a/b.c", False),
        ("[z-a].py", "z.py", False),
        ("a?c.py", "abc.py", True),
        ("a.c", "abc", False),
        ("tests", "a/tests/b.py", True),
        ("tests", "tests/b.py", True),
        ("tests", "django/test/client.py", False),
        ("tests", "a/mytests/b.py", False),
        ("tests", "astropy/tests/runner.py", False),
        ("tests", "astropy/io/tests/a.py", True),
        ("stubs", "a/b.pyi", True),
        ("stubs", "skimage/__init__.pyi", False),
        ("stubs", "yaml-stubs/__init__.pyi", True),
        ("docs", "botocore/docs/docstring.py", False),
        ("docs", "a/docs/index.rst", True),
        ("docs", "share/man/man1/a.1", True),
        ("docs", "a/README.md", False),
        ("headers", "numpy/_core/include/numpy/arrayobject.h", True),
        ("headers", "a/b.pxd", True),
        ("headers", "a/b.so", False),
    ],
)
def test_a_pattern_matches(pattern: str, path: str, left_out: bool) -> None:
    matches = excluder([pattern])
    assert matches
    assert matches(path) is left_out


def test_without_patterns_nothing_is_asked() -> None:
    assert excluder([]) is None


def test_metadata_and_licences_stay(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("pkg", {"pkg/a.py": "1"}, extra=Extra(dist_info={"licenses/LICENSE": "MIT", "entry_points.txt": ""}))
    found = tree(shelf.build(shelf.content(spec=spec(exclude=("*",)))).path)
    assert sorted(found) == [
        "pkg-1.0.dist-info/METADATA",
        "pkg-1.0.dist-info/RECORD",
        "pkg-1.0.dist-info/WHEEL",
        "pkg-1.0.dist-info/entry_points.txt",
        "pkg-1.0.dist-info/licenses/LICENSE",
    ]
    assert b"pkg/a.py" not in found["pkg-1.0.dist-info/RECORD"]


def test_each_pattern_says_what_it_saved(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("pkg", {"pkg/a.py": "1", "pkg/tests/b.py": "x" * 1_500_000, "pkg/tests/c.pyi": "y" * 100_000})
    content = shelf.content(spec=spec(exclude=("tests", "stubs", "*.nothing")))
    artifact = shelf.build(content)
    assert [(finding.severity, finding.check, finding.message) for finding in artifact.findings] == [
        ("notice", "excluded", "exclude tests: 2 files, 1.6 MB unzipped"),
        ("notice", "exclude-matches-nothing", "exclude stubs matches no file of the layer."),
        ("notice", "exclude-matches-nothing", "exclude *.nothing matches no file of the layer."),
    ]
    assert artifact.size == shelf.measured(content)


def test_own_files_that_were_left_out_count(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("pkg", {"pkg/tests/a.py": "1"})
    (tmp_path / "shop/tests").mkdir(parents=True)
    (tmp_path / "shop/tests/b.py").write_bytes(bytes(200_000))
    findings = shelf.build(shelf.content(spec=spec(include=("shop",), exclude=("tests", "shop")))).findings
    assert [finding.message for finding in findings] == [
        "exclude tests: 2 files, 0.2 MB unzipped",
        "exclude shop matches no file of the layer.",
    ]


def test_of_several_zips_of_a_layer_each_names_its_target(tmp_path: Path) -> None:
    shelf = Shelf(folder=tmp_path)
    shelf.add("pkg", {"pkg/a.py": "1", "pkg/tests/b.py": "x" * 1_500_000})
    content = shelf.content(spec=spec(exclude=("tests", "docs")))
    content = replace(content, spec=replace(content.spec, targets=(X86, ARM)))
    assert [finding.message for finding in shelf.build(content).findings] == [
        "exclude tests for 3.12 x86_64: 1 file, 1.5 MB unzipped",
        "exclude docs matches no file of the layer for 3.12 x86_64.",
    ]
