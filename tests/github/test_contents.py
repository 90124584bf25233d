"""Files and ancestry through the API."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from github import Github

from layer_action.errors import GitHubError
from layer_action.github.archive import extract, make_links
from layer_action.github.contents import ApiTree
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
    assert tree.write_files(OLD, tmp_path) == {}
    assert (tmp_path / "layers/http/requirements.txt").read_bytes() == b"requests==2.31.0\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "layers"]


def test_an_unknown_commit_is_an_error_that_names_it(tree: ApiTree, tmp_path: Path) -> None:
    with pytest.raises(GitHubError, match="dddddddddddd"):
        tree.write_files("d" * 40, tmp_path)


def test_the_signed_link_is_not_repeated_in_an_error(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    hub.repository.trees[OLD]["x"] = b""
    hub.repository.refs["gone"] = OLD
    hub.faults.add("GET", "^/codeload/", Fault(status=404))
    with pytest.raises(GitHubError) as caught:
        tree.write_files(OLD, tmp_path)
    assert "SIGNED" not in str(caught.value)


def test_a_broken_archive_is_an_error(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    for raw in (b"no archive at all", gzip.compress(b"neither")):
        hub.faults.add("GET", "^/codeload/", Fault(status=200, raw=raw))
        with pytest.raises(GitHubError, match="cannot be unpacked"):
            tree.write_files(OLD, tmp_path)


def test_an_archive_with_too_many_files_is_refused(tmp_path: Path) -> None:
    with archive(("top/a", b"x", ""), ("top/b", b"x", "")) as tar, pytest.raises(ValueError, match="too large"):
        extract(tar, tmp_path, most_files=1)
    with archive(("top/a", b"xx", "")) as tar, pytest.raises(ValueError, match="too large"):
        extract(tar, tmp_path, most_bytes=1)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [(OLD, NEW, True), (NEW, NEW, True), (NEW, OLD, False), (SIDE, NEW, False), (OLD[:12], NEW, True)],
)
def test_a_commit_is_an_ancestor_of_itself_and_of_what_follows_it(
    tree: ApiTree, base: str, head: str, *, expected: bool
) -> None:
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


def test_no_file_is_written_through_a_link(tmp_path: Path) -> None:
    root = tmp_path / "into"
    root.mkdir()
    members = [("top/up", None, ".."), ("top/up/through", b"x", ""), ("top/fine", None, "up")]
    with archive(*members) as tar:
        make_links(extract(tar, root))
    assert [path.name for path in tmp_path.iterdir()] == ["into"]
    assert (root / "up/through").read_bytes() == b"x"
    assert (root / "fine").is_symlink()


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
        assert history.write_files(OLD, tmp_path) == {}
        assert isinstance(history.write_files(NEW, tmp_path), Unknown)
        assert isinstance(history.merge_base("d" * 40, NEW), Unknown)


def test_what_an_archive_leaves_out_or_expands_is_as_in_the_commit(
    hub: FakeGitHub, tree: ApiTree, tmp_path: Path
) -> None:
    files = {
        ".gitattributes": b"/.github export-ignore\n/.gitattributes export-ignore\nlatest export-ignore\n"
        b"*.txt export-subst\n*.in eol=crlf\n",
        ".github/lambda-layers.yml": b"layers: {}\n",
        ".github/run": b"#!/bin/sh\n",
        "version.txt": b"$Format:%H$\n",
        "plain.txt": b"no format\n",
        "dev.in": b"a\n",
        "latest": b"version.txt",
    }
    hub.repository.trees[OLD] = files
    hub.repository.executable = {".github/run"}
    hub.repository.modes = {"latest": "120000"}
    tree.write_files(OLD, tmp_path)
    assert not (tmp_path / ".github/lambda-layers.yml").stat().st_mode & 0o100
    assert (tmp_path / ".github/run").stat().st_mode & 0o100
    assert (tmp_path / "latest").readlink() == Path("version.txt")
    found = {name: (tmp_path / name).read_bytes() for name in files if name != "latest"}
    assert found == {name: content for name, content in files.items() if name != "latest"} | {"dev.in": b"a\r\n"}
    assert len([entry for entry in hub.log if "/git/blobs/" in entry.path]) == 5  # four left out, one expanded


def test_an_archive_that_is_what_the_commit_holds_costs_three_requests(
    hub: FakeGitHub, tree: ApiTree, tmp_path: Path
) -> None:
    tree.write_files(OLD, tmp_path)
    assert [entry.path.rpartition("/")[0].rpartition("/")[2] for entry in hub.log] == ["trees", "tarball", "shop"]


def test_large_files_that_an_archive_holds_are_pointers_again(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    content = b"model" * 99
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
        hashlib.sha256(content).hexdigest().encode(),
        len(content),
    )
    hub.repository.trees[OLD] = {"model.bin": pointer}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        member = tarfile.TarInfo("top/model.bin")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    hub.faults.add("GET", "^/codeload/", Fault(status=200, raw=out.getvalue()))
    tree.write_files(OLD, tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == pointer


def test_submodules_are_told_with_their_commits(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    hub.repository.trees[OLD]["libs/shop"] = SIDE.encode()
    hub.repository.modes["libs/shop"] = "160000"
    assert tree.write_files(OLD, tmp_path) == {"libs/shop": SIDE}


def test_more_files_than_github_lists_is_an_error_that_says_what_to_do(
    hub: FakeGitHub, tree: ApiTree, tmp_path: Path
) -> None:
    hub.repository.listed = 1
    with pytest.raises(GitHubError, match="more files than GitHub lists") as caught:
        tree.write_files(OLD, tmp_path)
    assert "fetch-depth: 0" in caught.value.hint


def test_an_archive_that_lacks_very_many_files_is_an_error(hub: FakeGitHub, tree: ApiTree, tmp_path: Path) -> None:
    files = {f"tests/{number}": b"%d" % number for number in range(301)}
    hub.repository.trees[OLD] = {".gitattributes": b"/tests export-ignore\n"} | files
    with pytest.raises(GitHubError, match="lacks 301 of its files"):
        tree.write_files(OLD, tmp_path)
    assert not [entry for entry in hub.log if "/git/blobs/" in entry.path]


def test_one_file_of_a_commit_comes_alone(hub: FakeGitHub, tree: ApiTree) -> None:
    commit, path = next((commit, path) for commit, files in hub.repository.trees.items() for path in files)
    assert tree.text(commit, path) == hub.repository.trees[commit][path].decode()
    assert tree.text(commit, "no/such.yml") is None
    assert [entry.path.split("/")[4] for entry in hub.log] == ["contents", "contents"]


def test_a_file_of_a_commit_that_is_gone_is_an_error(tree: ApiTree) -> None:
    with pytest.raises(GitHubError, match="No commit found"):
        tree.text("d" * 40, "README.md")
