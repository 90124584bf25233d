"""Files of the repository that a layer includes: where they go, and which may not."""

import os
import stat
from hashlib import sha256

import pytest

from layer_action.build.files.tree import tree_hash
from layer_action.build.splicing.own_files import own_files
from layer_action.errors import ConfigError, Problems
from tests.build.workshop import ARM_312, Site, spec_of


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        ("src/shop", ["python/shop/__init__.py", "python/shop/cart.py"]),
        ("src/*", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/shop/*.py", ["python/__init__.py", "python/cart.py"]),
        ("src/**/*.py", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/tool.py", ["python/tool.py"]),
        ("src/**/*", ["python/shop/__init__.py", "python/shop/cart.py", "python/tool.py"]),
        ("src/shop/__pycache__/cart.pyc", ["python/cart.pyc"]),
        ("src/", ["python/src/shop/__init__.py", "python/src/shop/cart.py", "python/src/tool.py"]),
    ],
)
def test_where_own_files_go(site: Site, pattern: str, places: list[str]) -> None:
    for path in ("src/shop/__init__.py", "src/shop/cart.py", "src/tool.py", "src/shop/__pycache__/cart.pyc"):
        site.write(path, "x\n")
    assert [file.path for file in own_files(spec_of(ARM_312, include=(pattern,)), site.root)] == places


@pytest.mark.parametrize("pattern", ["loop/*.py", "loop/x.py", "loop/*/x.py"])
def test_a_link_that_leads_to_itself_holds_no_files(site: Site, pattern: str) -> None:
    (site.root / "loop").symlink_to("loop")
    with pytest.raises(ConfigError, match="but no file matches"):
        own_files(spec_of(ARM_312, include=(pattern,)), site.root)


def test_what_exclude_names_is_left_out_of_own_files_too(site: Site) -> None:
    for path in ("src/shop/cart.py", "src/shop/tests/test_cart.py", "src/tests/all.py"):
        site.write(path, "x\n")
    own = own_files(spec_of(ARM_312, include=("src/*",), exclude=("tests",)), site.root)
    assert [file.path for file in own] == ["python/shop/cart.py"]


def test_an_own_file_is_its_bytes_and_its_mode(site: Site) -> None:
    path = site.write("bin/tool", "#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (file,) = own_files(spec_of(ARM_312, include=("bin/tool",)), site.root)
    assert (file.sha256, file.size, file.executable) == (sha256(b"#!/bin/sh\n").hexdigest(), 10, True)


def test_patterns_that_cannot_be_are_all_told(site: Site) -> None:
    site.write("a/x.py", "1\n")
    site.write("b/x.py", "2\n")
    site.write(".git/config", "[core]\n")
    os.mkfifo(site.root / "a" / "pipe")
    patterns = ("nowhere", ".", "**", ".git", "a/pipe", "../secret", "/etc/passwd", "a/x.py", "b/x.py")
    with pytest.raises(Problems) as caught:
        own_files(spec_of(ARM_312, include=patterns), site.root)
    told = [problem.message for problem in caught.value.problems]
    assert told == [
        "`include` names nowhere, but no file matches.",
        "`include` names the whole repository.",
        ".git is git's own.",
        "a/pipe is a pipe, a socket or a device.",
        "`include` names ../secret, which goes back by `..`.",
        "`include` names /etc/passwd, which lies outside of the repository.",
        "Both a/x.py and b/x.py would be python/x.py.",
    ]


@pytest.mark.parametrize("name", ["a" * 300, f"{'a' * 300}/*.py"])
def test_a_name_longer_than_any_file_has_matches_none(site: Site, name: str) -> None:
    with pytest.raises(ConfigError, match="but no file matches"):
        own_files(spec_of(ARM_312, include=(name,)), site.root)


@pytest.mark.parametrize("name", [b"b\xff.py", b"a\nb.py", b"a\\b.py"])
def test_an_own_file_whose_name_no_layer_may_hold_is_told(site: Site, name: bytes) -> None:
    (site.root / "src").mkdir()
    (site.root / "src" / os.fsdecode(name)).write_text("x")
    with pytest.raises(ConfigError, match="is a name that no layer may hold"):
        own_files(spec_of(ARM_312, include=("src",)), site.root)


def test_a_pipe_is_not_waited_for(site: Site) -> None:
    (site.root / "src").mkdir()
    os.mkfifo(site.root / "src/pipe")
    with pytest.raises(ConfigError, match="pipe is a pipe, a socket or a device"):
        own_files(spec_of(ARM_312, include=("src",)), site.root)
    with pytest.raises(ConfigError, match="pipe is a pipe, a socket or a device"):
        tree_hash(site.root, root=site.root)
