"""What builds leave in the repository is no source of the next one."""

from pathlib import Path

import pytest

from layer_action.build.files.tree import tree_hash
from layer_action.build.splicing.own_files import own_files
from layer_action.errors import ConfigError
from layer_action.formats.manifest import encode
from layer_action.model.leftovers import CACHE_SIGNATURE
from tests.build.shelf import spec

BUILT = {
    "shop.zip": b"PK",
    "pylock.shop.toml": b"",
    ".0123456789abcdef.part": b"",
    "manifest.json": encode([{"zip": "shop.zip", "lock": "pylock.shop.toml"}]),
}
UNFINISHED = BUILT | {"manifest.json": encode([], unfinished=["shop.zip", "pylock.shop.toml"])}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, {"shop.py": b"1", "web/manifest.json": b'{"name": "shop"}', "web/shop.zip": b"data"})
    return tmp_path


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.parametrize("built", [BUILT, UNFINISHED])
@pytest.mark.parametrize("where", [".", "out", "deep/down"])
def test_a_project_is_the_same_wherever_it_was_built_to(project: Path, where: str, built: dict[str, bytes]) -> None:
    before = tree_hash(project, root=project)
    write(project / where, built)
    assert tree_hash(project, root=project) == before


def test_what_lies_beside_a_build_counts(project: Path) -> None:
    before = tree_hash(project, root=project)
    write(project / "out", BUILT | {"more.py": b"1"})
    assert tree_hash(project, root=project) != before


@pytest.mark.parametrize(("tag", "counts"), [(f"{CACHE_SIGNATURE}\n", False), ("something else", True)])
def test_a_cache_counts_for_nothing(project: Path, tag: str, counts: bool) -> None:
    before = tree_hash(project, root=project)
    write(project / "cache", {"CACHEDIR.TAG": tag.encode(), "wheels/a.py": b"1"})
    assert (tree_hash(project, root=project) != before) is counts


@pytest.mark.parametrize("pattern", ["src", "src/*", "src/**/*"])
def test_own_files_are_those_that_no_build_made(tmp_path: Path, pattern: str) -> None:
    files = {"src/shop.py": b"1", "src/cache/CACHEDIR.TAG": CACHE_SIGNATURE.encode(), "src/cache/a.py": b""}
    write(tmp_path, files | {f"src/out/{name}": content for name, content in BUILT.items()})
    assert [own.source.name for own in own_files(spec(include=(pattern,)), tmp_path)] == ["shop.py"]


@pytest.mark.parametrize("name", ["manifest.json", "CACHEDIR.TAG"])
def test_a_link_out_of_the_repository_is_refused_and_not_believed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    write(elsewhere, BUILT | {"CACHEDIR.TAG": CACHE_SIGNATURE.encode()})
    write(project / "out", {"shop.zip": b"PK"})
    (project / "out" / name).symlink_to(elsewhere / name)
    with pytest.raises(ConfigError, match="a link out of the repository"):
        tree_hash(project, root=project)
