"""Files and ancestry through the API."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from github import Github

from layer_action.errors import GitHubError
from layer_action.github.contents import ApiTree, extract
from layer_action.github.remote import RemoteHistory
from layer_action.github.session import connect
from layer_action.http import Http
from layer_action.model.function import Unknown
from tests.github.conftest import IMPATIENT
from tests.standins.github.faults import Fault
from tests.standins.github.server import FakeGitHub

OLD, NEW, SIDE = "a" * 40, "b" * 40, "c" * 40


@pytest.fixture
def tree(hub: FakeGitHub, session: Github) -> ApiTree:
    hub.repository.parents = {OLD: (), NEW: (OLD,), SIDE: (OLD,)}
    hub.repository.trees[OLD] = {"layers/http/requirements.txt": b"requests==2.31.0\n", "README.md": b"shop\n"}
    return ApiTree(session, "octo/shop", Http({}, backoff=0.001))


def test_the_files_of_a_commit_come_without_git(tree: ApiTree, tmp_path: Path) -> None:
    root = tree.fetch_tree(OLD, tmp_path)
    assert (root / "layers/http/requirements.txt").read_bytes() == b"requests==2.31.0\n"
    assert sorted(path.name for path in root.iterdir()) == ["README.md", "layers"]


def test_an_unknown_commit_is_an_error_that_names_it(tree: ApiTree, tmp_path: Path) -> None:
    with pytest.raises(GitHubError, match="dddddddddddd"):
        tree.fetch_tree("d" * 40, tmp_path)


def test_the_signed_link_is_not_repeated_in_an_error(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    hub.repository.trees[OLD]["x"] = b""
    hub.repository.refs["gone"] = OLD
    hub.faults.add("GET", "^/codeload/", Fault(status=404))
    with pytest.raises(GitHubError) as caught:
        tree.fetch_tree(OLD, tmp_path)
    assert "SIGNED" not in str(caught.value)


def test_a_broken_archive_is_an_error(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    for raw in (b"no archive at all", gzip.compress(b"neither")):
        hub.faults.add("GET", "^/codeload/", Fault(status=200, raw=raw))
        with pytest.raises(GitHubError, match="cannot be unpacked"):
            tree.fetch_tree(OLD, tmp_path)


def test_an_archive_with_too_many_files_is_refused(tmp_path: Path) -> None:
    with archive(("top/a", b"x", ""), ("top/b", b"x", "")) as tar, pytest.raises(ValueError, match="too large"):
        extract(tar, tmp_path, most_files=1)
    with archive(("top/a", b"xx", "")) as tar, pytest.raises(ValueError, match="too large"):
        extract(tar, tmp_path, most_bytes=1)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [(OLD, NEW, True), (NEW, NEW, True), (NEW, OLD, False), (SIDE, NEW, False), (OLD[:12], NEW, True)],
)
def test_ancestry(tree: ApiTree, base: str, head: str, *, expected: bool) -> None:
    assert tree.is_ancestor(base, head) is expected


def test_ancestry_of_a_commit_that_is_gone_is_unknown(tree: ApiTree) -> None:
    assert isinstance(tree.is_ancestor("d" * 40, NEW), Unknown)


def test_ancestry_without_rights_is_unknown(hub: FakeGitHub) -> None:
    with connect(hub.env, "stranger", patience=IMPATIENT) as session:
        assert isinstance(ApiTree(session, "octo/shop", Http({})).is_ancestor(OLD, NEW), Unknown)


def archive(*members: tuple[str, bytes | None, str]) -> tarfile.TarFile:
    """Pack members: (name, content, ""), or (name, None, target) for a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content, target in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, target
            member.size = len(content or b"")
            tar.addfile(member, io.BytesIO(content or b""))
    out.seek(0)
    return tarfile.open(fileobj=out)


@pytest.mark.parametrize("name", ["top/../../x", "/etc/x", "top/a\\b", "../x"])
def test_names_that_leave_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    with archive((name, b"x", "")) as tar, pytest.raises(ValueError, match="it holds"):
        extract(tar, tmp_path / "into")
    assert not (tmp_path / "x").exists()


def test_links_stay_inside(tmp_path: Path) -> None:
    root = tmp_path / "into"
    root.mkdir()
    members = [
        ("top/real/file", b"x", ""),
        ("top/fine", None, "real/file"),
        ("top/absolute", None, "/etc/passwd"),
        ("top/dot", None, "."),
        ("top/sly", None, "dot/.."),
        ("top/loop", None, "loop"),
        ("top/up", None, ".."),
        ("top/up/through", b"x", ""),
    ]
    with archive(*members) as tar:
        extract(tar, root)
    assert (root / "fine").read_bytes() == b"x"
    assert not any((root / name).is_symlink() for name in ("absolute", "sly", "up"))
    assert [path.name for path in tmp_path.iterdir()] == ["into"]


def test_other_things_than_files_are_left_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        fifo = tarfile.TarInfo("top/fifo")
        fifo.type = tarfile.FIFOTYPE
        tar.addfile(fifo)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        extract(tar, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("tree")
def test_the_history_of_a_shallow_checkout_comes_through_the_api(hub: FakeGitHub, tmp_path: Path) -> None:
    with connect(hub.env, "writer", patience=IMPATIENT) as session:
        history = RemoteHistory(lambda: session, "octo/shop", Http({}))
        assert history.merge_base(NEW, SIDE) == OLD
        assert history.is_ancestor(OLD, SIDE) is True
        assert history.tree(OLD, tmp_path) == tmp_path
        assert isinstance(history.tree(NEW, tmp_path), Unknown)
        assert isinstance(history.merge_base("d" * 40, NEW), Unknown)
