"""Projects in a folder of a repository or of an archive: there may be several, and each is its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.build.sources.built import BuiltWheels
from layer_action.build.sources.wanted import BuiltWheel, Wanted
from layer_action.model.lock import Source, SourceKind
from layer_action.record import replace
from tests.build.sources import BACKEND, BUILT_BY_IT, STATIC, build
from tests.build.workshop import ARM_312, Site
from tests.standins.git_server import make_repository, serving
from tests.standins.index import IndexedFile, make_sdist, make_zipped_sdist
from tests.standins.wheels import make_wheel

ONE = STATIC + BUILT_BY_IT
OTHER = ONE.replace("common", "other")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    files = {"one/pyproject.toml": ONE, "two/pyproject.toml": ONE, "three/pyproject.toml": OTHER}
    make_repository(tmp_path / "hosted", files, tag="v1")
    with serving(tmp_path / "hosted") as url:
        yield f"git+{url}@v1"


def test_two_projects_of_one_commit_stand_in_one_layer(site: Site, repository: str) -> None:
    text = f"common @ {repository}#subdirectory=one\nother @ {repository}#subdirectory=three\n"
    lock = site.resolve(text, build_from_source=("common", "other")).lock
    assert [found.name for found in lock.distributions] == ["common", "other"]


def test_projects_of_one_name_in_one_commit_are_not_the_same(site: Site, repository: str) -> None:
    def locked(folder: str) -> str:
        text = f"common @ {repository}#subdirectory={folder}\n"
        found = site.resolve(text, build_from_source=("common",)).lock.get("common")
        assert found is not None
        return found.identity

    assert locked("one") != locked("two")


def test_a_wheel_that_was_kept_is_that_of_its_folder(tmp_path: Path) -> None:
    source = Source(kind=SourceKind.VCS, location="git+https://git.example/x", identity=f"commit:{'a' * 40}")
    wanted = Wanted(name="common", version="0.1", target=ARM_312)
    wheel = tmp_path / "common-0.1-py3-none-any.whl"
    wheel.write_bytes(make_wheel("common", "0.1", {"common.py": ""}))
    kept = BuiltWheels(tmp_path / "cache")
    kept.keep(replace(source, subdirectory="one"), wanted, BuiltWheel(path=wheel, python=""))
    assert kept.find(replace(source, subdirectory="one"), wanted)
    assert kept.find(replace(source, subdirectory="two"), wanted) is None
    assert kept.find(source, wanted) is None


FILES = {"one/pyproject.toml": ONE, "one/backend.py": BACKEND}


@pytest.mark.parametrize("archive", [make_sdist("all", "1.0", FILES), make_zipped_sdist("all", "1.0", FILES)])
def test_a_project_in_a_folder_of_an_archive_is_built(site: Site, archive: IndexedFile) -> None:
    (site.root / archive.filename).write_bytes(archive.content)
    identity = f"sha256:{archive.sha256}"
    source = Source(kind=SourceKind.SDIST, location=archive.filename, identity=identity, subdirectory="one")
    assert build(site, source).name == "common-0.1-py3-none-any.whl"
