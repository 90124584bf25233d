"""Projects in a folder of a repository or of an archive: there may be several, and each is its own."""

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.build.built import BuiltWheels
from layer_action.build.wanted import Wanted
from layer_action.formats.digest import sha256_of
from layer_action.model.lock import Source, SourceKind
from layer_action.record import replace
from tests.build.sources import BACKEND, BUILT_BY_IT, STATIC, build
from tests.build.workshop import ARM_312, Site
from tests.standins.git_server import make_repository, serving
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
    kept.keep(replace(source, subdirectory="one"), wanted, wheel)
    assert kept.find(replace(source, subdirectory="one"), wanted)
    assert kept.find(replace(source, subdirectory="two"), wanted) is None
    assert kept.find(source, wanted) is None


FILES = {"all-1.0/one/pyproject.toml": ONE, "all-1.0/one/backend.py": BACKEND}


def tarred() -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as archive:
        for name, text in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return into.getvalue()


def zipped() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return into.getvalue()


@pytest.mark.parametrize(("name", "content"), [("all-1.0.tar.gz", tarred()), ("all-1.0.zip", zipped())])
def test_a_project_in_a_folder_of_an_archive_is_built(site: Site, name: str, content: bytes) -> None:
    (site.root / name).write_bytes(content)
    identity = f"sha256:{sha256_of(site.root / name)}"
    source = Source(kind=SourceKind.SDIST, location=name, identity=identity, subdirectory="one")
    assert build(site, source).name == "common-0.1-py3-none-any.whl"
