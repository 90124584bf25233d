"""What the GitHub stand-in answers to each request; refusals in GitHub's own words."""

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.standins.github import records
from tests.standins.github.records import SUBMODULE, Asset, Comment, Pull, Release, Repository, Token

if TYPE_CHECKING:
    from tests.standins.github.server import FakeGitHub

DOCS = "https://docs.github.com/rest"
COMMENT_LIMIT = 65_536
RELEASE_LIMIT = 125_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, with its token looked up and its JSON parsed (None for a blob)."""

    method: str
    path: str
    query: Mapping[str, str]
    token: Token | None
    json: Any
    blob: bytes = b""
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer; `body` is JSON, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """An answer of 4xx."""

    def __init__(self, status: int, message: str, *errors: Mapping[str, str]) -> None:
        super().__init__(message)
        self.answer = Answer(status=status, body={"message": message, "documentation_url": DOCS})
        if errors:
            self.answer.body["errors"] = list(errors)


Route = Callable[["FakeGitHub", Repository, Request, "re.Match[str]"], Answer]
ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, path: str) -> Callable[[Route], Route]:
    """Register an answer below /repos/{owner}/{repo}."""

    def register(function: Route) -> Route:
        ROUTES.append((method, re.compile(path), function))
        return function

    return register


def need(request: Request, *permissions: str) -> None:
    """Refuse a token that may write none of these."""
    if request.token is None:
        raise RefusalError(401, "Requires authentication")
    if not request.token.writes & set(permissions):
        raise RefusalError(403, "Resource not accessible by integration")


def validation(resource: str, field_name: str, code: str) -> RefusalError:
    """A 422."""
    return RefusalError(422, "Validation Failed", {"resource": resource, "field": field_name, "code": code})


def too_long(resource: str, limit: int) -> RefusalError:
    """A 422 for a text."""
    message = f"body is too long (maximum is {limit} characters)"
    return RefusalError(422, "Validation Failed", {"resource": resource, "code": "custom", "message": message})


@route("GET", r"")
def get_repository(hub: "FakeGitHub", repo: Repository, _request: Request, _match: "re.Match[str]") -> Answer:
    return Answer(body=records.repository(hub.url, repo))


# -- comments ------------------------------------------------------------------


def _conversation(repo: Repository, number: str) -> Pull:
    found = repo.pulls.get(int(number))
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


@route("GET", r"/issues/(\d+)/comments")
def list_comments(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    pull = _conversation(repo, match[1])
    found = [records.comment(hub.url, repo, c) for c in repo.comments.values() if c.issue == pull.number]
    return hub.page(request, found)


def _check_body(body: str) -> None:
    if not body.strip():
        raise RefusalError(422, "Validation Failed", {"resource": "IssueComment", "field": "data", "code": "missing"})
    if len(body) > COMMENT_LIMIT:
        message = "body is too long (maximum is 65536 characters)"
        raise RefusalError(
            422, "Validation Failed", {"resource": "IssueComment", "code": "unprocessable", "message": message}
        )


@route("POST", r"/issues/(\d+)/comments")
def create_comment(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "pull-requests", "issues")
    pull = _conversation(repo, match[1])
    if pull.locked:
        raise RefusalError(403, "Unable to create comment because issue is locked.")
    _check_body(request.json["body"])
    created = hub.comment(repo, pull.number, hub.login(request), request.json["body"])
    return Answer(status=201, body=records.comment(hub.url, repo, created))


def _comment(repo: Repository, request: Request, number: str) -> Comment:
    found = repo.comments.get(int(number))
    if found is None:
        raise RefusalError(404, "Not Found")
    need(request, "pull-requests", "issues")
    return found


@route("PATCH", r"/issues/comments/(\d+)")
def edit_comment(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    found = _comment(repo, request, match[1])
    _check_body(request.json["body"])
    found.body = request.json["body"]
    found.edits += 1
    return Answer(body=records.comment(hub.url, repo, found))


@route("DELETE", r"/issues/comments/(\d+)")
def delete_comment(_hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    del repo.comments[_comment(repo, request, match[1]).id]
    return Answer(status=204)


# -- releases ------------------------------------------------------------------


@route("GET", r"/releases")
def list_releases(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    may_see_drafts = request.token is not None and "contents" in request.token.writes
    found = [r for r in reversed(repo.releases.values()) if may_see_drafts or not r.draft]
    return hub.page(request, [records.release(hub.url, hub.uploads, repo, r) for r in found])


def _release(repo: Repository, number: str) -> Release:
    found = repo.releases.get(int(number))
    if found is None:
        raise RefusalError(404, "Not Found")
    return found


def _check_release(repo: Repository, tag: str, body: str, *, draft: bool, but: Release | None = None) -> None:
    if len(body) > RELEASE_LIMIT:
        raise too_long("Release", RELEASE_LIMIT)
    if draft:
        return
    if tag in repo.burned_tags:
        message = "tag_name was used by an immutable release"
        raise RefusalError(422, "Validation Failed", {"resource": "Release", "code": "custom", "message": message})
    if any(r.tag == tag and not r.draft and r is not but for r in repo.releases.values()):
        raise validation("Release", "tag_name", "already_exists")


@route("POST", r"/releases")
def create_release(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "contents")
    wanted = request.json
    draft = wanted.get("draft", False)
    _check_release(repo, wanted["tag_name"], wanted.get("body", ""), draft=draft)
    created = Release(
        id=hub.number(),
        tag=wanted["tag_name"],
        name=wanted.get("name", ""),
        body=wanted.get("body", ""),
        draft=draft,
        prerelease=wanted.get("prerelease", False),
        target=wanted.get("target_commitish", ""),
        make_latest=wanted.get("make_latest", "true"),
    )
    repo.releases[created.id] = created
    return Answer(status=201, body=records.release(hub.url, hub.uploads, repo, created))


@route("GET", r"/releases/(\d+)")
def get_release(hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    return Answer(body=records.release(hub.url, hub.uploads, repo, _release(repo, match[1])))


@route("PATCH", r"/releases/(\d+)")
def edit_release(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    found, wanted = _release(repo, match[1]), request.json
    if found.immutable and set(wanted) & {"tag_name"} and wanted["tag_name"] != found.tag:
        raise RefusalError(422, "Cannot change the tag of an immutable release.")
    draft = wanted.get("draft", found.draft)
    _check_release(repo, wanted.get("tag_name", found.tag), wanted.get("body", ""), draft=draft, but=found)
    found.tag = wanted.get("tag_name", found.tag)
    found.name = wanted.get("name", found.name)
    found.body = wanted.get("body", found.body)
    found.prerelease = wanted.get("prerelease", found.prerelease)
    found.make_latest = wanted.get("make_latest", found.make_latest)
    if found.draft and not draft:
        found.immutable = hub.immutable_releases
    found.draft = draft
    return Answer(body=records.release(hub.url, hub.uploads, repo, found))


@route("DELETE", r"/releases/(\d+)")
def delete_release(_hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    del repo.releases[_release(repo, match[1]).id]
    return Answer(status=204)


@route("GET", r"/releases/(\d+)/assets")
def list_assets(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    return hub.page(request, [records.asset(hub.url, repo, one) for one in _release(repo, match[1]).assets])


@route("UPLOAD", r"/releases/(\d+)/assets")
def upload_asset(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    found = _release(repo, match[1])
    if found.immutable:
        raise RefusalError(422, "Cannot upload assets to an immutable release.")
    name = re.sub(r"[^A-Za-z0-9._-]+", ".", request.query["name"])
    if any(one.name == name for one in found.assets):
        raise validation("ReleaseAsset", "name", "already_exists")
    created = Asset(id=hub.number(), name=name, content=request.blob, content_type=request.content_type)
    found.assets.append(created)
    return Answer(status=201, body=records.asset(hub.url, repo, created))


@route("DELETE", r"/releases/assets/(\d+)")
def delete_asset(_hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    for found in repo.releases.values():
        for one in found.assets:
            if one.id == int(match[1]):
                if found.immutable:
                    raise RefusalError(422, "Cannot delete asset from an immutable release")
                found.assets.remove(one)
                return Answer(status=204)
    raise RefusalError(404, "Not Found")


# -- commits -------------------------------------------------------------------


@route("GET", r"/compare/(.+)\.\.\.(.+)")
def compare(hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    base, head = repo.commit(match[1]), repo.commit(match[2])
    if base is None or head is None:
        raise RefusalError(404, "Not Found")
    before, after = repo.ancestors(base), repo.ancestors(head)
    status = {(True, True): "identical", (True, False): "ahead", (False, True): "behind", (False, False): "diverged"}
    common = sorted(before & after, key=lambda commit: len(repo.ancestors(commit)))
    if not common:
        raise RefusalError(404, "No common ancestor between " + match[1] + " and " + match[2] + ".")
    body = {
        "base_commit": {"sha": base},
        "merge_base_commit": {"sha": common[-1]},
        "url": f"{hub.url}/repos/{repo.full_name}/compare/{match[1]}...{match[2]}",
        "status": status[base in after, head in before],
        "ahead_by": len(after - before),
        "behind_by": len(before - after),
        "total_commits": len(after - before),
        "commits": [],
        "files": [],
    }
    return Answer(body=body)


@route("GET", r"/tarball/(.+)")
def archive_link(hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    commit = repo.commit(match[1])
    if commit is None or commit not in repo.trees:
        raise RefusalError(404, "Not Found")
    return Answer(status=302, headers={"Location": f"{hub.url}/codeload/{repo.full_name}/{commit}?token=SIGNED"})


def archive(repo: Repository, commit: str) -> bytes:
    """Return the files of a commit as GitHub packs them: by `git archive`, with the attributes that the commit has."""
    with TemporaryDirectory() as folder:

        def git(*arguments: str, given: bytes = b"") -> bytes:
            command = ["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
            return subprocess.run(command, input=given, check=True, stdout=subprocess.PIPE).stdout

        git("init", "--quiet")
        entries = b""
        for path, content in repo.trees[commit].items():
            mode = repo.mode_of(path)
            hashed = ("hash-object", "-w", "--no-filters", "--stdin")
            sha = content if mode == SUBMODULE else git(*hashed, given=content).strip()
            entries += b"%s %s\t%s\n" % (mode.encode(), sha, path.encode())
        git("update-index", "--index-info", given=entries)
        git("commit", "--quiet", "--allow-empty", "-m", commit)
        prefix = f"--prefix={repo.full_name.replace('/', '-')}-{commit[:7]}/"
        return git("archive", "--format=tar.gz", prefix, "HEAD")
