"""What the GitHub stand-in remembers, and how it writes it as JSON."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

BOT = "github-actions[bot]"
SUBMODULE = "160000"


@dataclass(slots=True, kw_only=True)
class Token:
    """A token: whom it writes as, what it may write (`pull-requests`, `contents`), and whether it is an app's."""

    login: str = BOT
    writes: frozenset[str] = frozenset({"pull-requests", "contents"})
    is_app: bool = True
    sees: bool = True


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment on an issue or pull request. `login` is None when its author's account is gone."""

    id: int
    issue: int
    login: str | None
    body: str
    edits: int = 0


@dataclass(slots=True, kw_only=True)
class Asset:
    """A release asset; `state` is `starter` after a broken upload."""

    id: int
    name: str
    content: bytes
    content_type: str
    state: str = "uploaded"
    has_digest: bool = True

    @property
    def digest(self) -> str | None:
        """GitHub's word for the sha256."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}" if self.has_digest else None


@dataclass(slots=True, kw_only=True)
class Release:
    """A release."""

    id: int
    tag: str
    name: str
    body: str
    draft: bool
    prerelease: bool
    target: str = ""
    make_latest: str = "true"
    immutable: bool = False
    assets: list[Asset] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Pull:
    """A pull request. `owner` and `sha` are those of the head in a fork, "" for a branch of the repository."""

    number: int
    title: str
    body: str
    head: str
    base: str
    state: str = "open"
    locked: bool = False
    owner: str = ""
    sha: str = ""
    merged: bool = False


@dataclass(slots=True, kw_only=True)
class Repository:
    """A repository: `parents` maps commits to parents, `trees` commits to {path: content}, `refs` names to commits."""

    full_name: str
    id: int = 1
    owner_id: int = 9
    default_branch: str = "main"
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    releases: dict[int, Release] = field(default_factory=dict)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    burned_tags: set[str] = field(default_factory=set)
    messages: dict[str, str] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    loose_trees: dict[str, dict[str, bytes]] = field(default_factory=dict)
    executable: set[str] = field(default_factory=set)
    modes: dict[str, str] = field(default_factory=dict)
    listed: int = 100_000

    def mode_of(self, path: str) -> str:
        """Return the mode of a path. The content of a submodule is its commit, that of a link its aim."""
        return self.modes.get(path, "100755" if path in self.executable else "100644")

    def blob_sha(self, content: bytes) -> str:
        """Return git's name of a blob, and remember it."""
        sha = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        self.blobs[sha] = content
        return sha

    def tree_sha(self, files: dict[str, bytes]) -> str:
        """Return the name of a tree, and remember it."""
        sha = hashlib.sha1(repr(sorted(files.items())).encode(), usedforsecurity=False).hexdigest()
        self.loose_trees[sha] = dict(files)
        return sha

    def ancestors(self, commit: str) -> set[str]:
        """Return a commit and all before it."""
        found: set[str] = set()
        open_ends = [commit]
        while open_ends:
            at = open_ends.pop()
            if at not in found:
                found.add(at)
                open_ends += self.parents.get(at, ())
        return found

    def commit(self, short: str) -> str | None:
        """Return the commit that a name or an abbreviation means."""
        if f"heads/{short}" in self.refs:
            return self.refs[f"heads/{short}"]
        matching = [commit for commit in self.parents if commit.startswith(short)]
        return matching[0] if len(matching) == 1 else None


def user(login: str | None) -> dict[str, Any] | None:
    """Return a simple user."""
    if login is None:
        return None
    return {"login": login, "id": 1, "type": "Bot" if login.endswith("[bot]") else "User"}


def repository(base: str, repo: Repository) -> dict[str, Any]:
    """Return a repository as the API writes it."""
    return {
        "id": repo.id,
        "name": repo.full_name.partition("/")[2],
        "full_name": repo.full_name,
        "owner": {"login": repo.full_name.partition("/")[0], "id": repo.owner_id, "type": "Organization"},
        "url": f"{base}/repos/{repo.full_name}",
        "html_url": f"{base}/{repo.full_name}",
        "default_branch": repo.default_branch,
    }


def comment(base: str, repo: Repository, found: Comment) -> dict[str, Any]:
    """Return a comment as the API writes it."""
    return {
        "id": found.id,
        "node_id": f"IC_{found.id}",
        "url": f"{base}/repos/{repo.full_name}/issues/comments/{found.id}",
        "html_url": f"{base}/{repo.full_name}/pull/{found.issue}#issuecomment-{found.id}",
        "issue_url": f"{base}/repos/{repo.full_name}/issues/{found.issue}",
        "user": user(found.login),
        "body": found.body,
    }


def asset(base: str, repo: Repository, found: Asset) -> dict[str, Any]:
    """Return an asset as the API writes it."""
    return {
        "id": found.id,
        "name": found.name,
        "label": "",
        "state": found.state,
        "size": len(found.content),
        "digest": found.digest,
        "content_type": found.content_type,
        "url": f"{base}/repos/{repo.full_name}/releases/assets/{found.id}",
        "browser_download_url": f"{base}/{repo.full_name}/releases/download/{found.id}/{found.name}",
    }


def release(base: str, uploads: str, repo: Repository, found: Release) -> dict[str, Any]:
    """Return a release as the API writes it."""
    url = f"{base}/repos/{repo.full_name}/releases/{found.id}"
    page = f"untagged-{found.id}" if found.draft else found.tag
    return {
        "id": found.id,
        "url": url,
        "html_url": f"{base}/{repo.full_name}/releases/tag/{page}",
        "assets_url": f"{url}/assets",
        "upload_url": f"{uploads}/repos/{repo.full_name}/releases/{found.id}/assets{{?name,label}}",
        "tag_name": found.tag,
        "target_commitish": found.target or repo.default_branch,
        "name": found.name,
        "body": found.body,
        "draft": found.draft,
        "prerelease": found.prerelease,
        "immutable": found.immutable,
        "author": user(BOT),
        "assets": [asset(base, repo, one) for one in found.assets],
    }


def git_commit(base: str, repo: Repository, sha: str) -> dict[str, Any]:
    """Return a commit of the git database as the API writes it."""
    url = f"{base}/repos/{repo.full_name}/git"
    tree = repo.tree_sha(repo.trees.get(sha, {}))
    return {
        "sha": sha,
        "url": f"{url}/commits/{sha}",
        "message": repo.messages.get(sha, ""),
        "tree": {"sha": tree, "url": f"{url}/trees/{tree}"},
        "parents": [{"sha": parent, "url": f"{url}/commits/{parent}"} for parent in repo.parents[sha]],
    }


def ref(base: str, repo: Repository, name: str) -> dict[str, Any]:
    """Return a branch as the API writes it: its own address says `refs`, whoever asked how."""
    sha = repo.refs[name]
    url = f"{base}/repos/{repo.full_name}/git"
    return {
        "ref": f"refs/{name}",
        "url": f"{url}/refs/{name}",
        "object": {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"},
    }


def pull(base: str, repo: Repository, found: Pull) -> dict[str, Any]:
    """Return a pull request as the API writes it."""
    return {
        "number": found.number,
        "url": f"{base}/repos/{repo.full_name}/pulls/{found.number}",
        "html_url": f"{base}/{repo.full_name}/pull/{found.number}",
        "issue_url": f"{base}/repos/{repo.full_name}/issues/{found.number}",
        "state": found.state,
        "locked": found.locked,
        "merged_at": "2026-11-24T12:00:00Z" if found.merged else None,
        "title": found.title,
        "body": found.body,
        "user": user(BOT),
        "head": {"ref": found.head, "sha": found.sha or repo.refs.get(f"heads/{found.head}", "0" * 40)},
        "base": {"ref": found.base, "sha": repo.refs.get(f"heads/{found.base}", "0" * 40)},
    }
