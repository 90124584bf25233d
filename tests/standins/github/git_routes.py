"""What the GitHub stand-in answers about pull requests, branches and the git database."""

import base64
import hashlib
from typing import TYPE_CHECKING

from tests.standins.github import records
from tests.standins.github.records import SUBMODULE, Pull, Repository
from tests.standins.github.routes import ROUTES, Answer, RefusalError, Request, need, route

if TYPE_CHECKING:
    import re

    from tests.standins.github.server import FakeGitHub

__all__ = ["ROUTES"]


@route("GET", r"/pulls")
def list_pulls(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    state, head, base = (request.query.get(name) for name in ("state", "head", "base"))
    owner = repo.full_name.partition("/")[0]
    found = [
        records.pull(hub.url, repo, pull)
        for pull in repo.pulls.values()
        if state in (pull.state, "all")
        and head in (None, f"{pull.owner or owner}:{pull.head}")
        and base in (None, pull.base)
    ]
    return hub.page(request, found)


@route("POST", r"/pulls")
def create_pull(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "pull-requests")
    if not hub.actions_may_open_pulls:
        raise RefusalError(403, "GitHub Actions is not permitted to create or approve pull requests.")
    wanted = request.json
    for name in ("head", "base"):
        if f"heads/{wanted[name]}" not in repo.refs:
            raise RefusalError(422, "Validation Failed", {"resource": "PullRequest", "field": name, "code": "invalid"})
    if any(p.state == "open" and (p.head, p.base) == (wanted["head"], wanted["base"]) for p in repo.pulls.values()):
        message = f"A pull request already exists for {wanted['head']}."
        raise RefusalError(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": message})
    created = Pull(
        number=hub.number(),
        title=wanted["title"],
        body=wanted.get("body", ""),
        head=wanted["head"],
        base=wanted["base"],
    )
    repo.pulls[created.number] = created
    return Answer(status=201, body=records.pull(hub.url, repo, created))


@route("PATCH", r"/pulls/(\d+)")
def edit_pull(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "pull-requests")
    found = repo.pulls.get(int(match[1]))
    if found is None:
        raise RefusalError(404, "Not Found")
    found.title = request.json.get("title", found.title)
    found.body = request.json.get("body", found.body)
    found.state = request.json.get("state", found.state)
    return Answer(body=records.pull(hub.url, repo, found))


@route("GET", r"/git/ref/(.+)")
def get_ref(hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    if match[1] not in repo.refs:
        raise RefusalError(404, "Not Found")
    return Answer(body=records.ref(hub.url, repo, match[1]))


@route("POST", r"/git/refs")
def create_ref(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "contents")
    name = request.json["ref"].removeprefix("refs/")
    if name in repo.refs:
        raise RefusalError(422, "Reference already exists")
    if request.json["sha"] not in repo.parents:
        raise RefusalError(422, "Object does not exist")
    repo.refs[name] = request.json["sha"]
    return Answer(status=201, body=records.ref(hub.url, repo, name))


@route("PATCH", r"/git/refs/(.+)")
def move_ref(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    if match[1] not in repo.refs:
        raise RefusalError(422, "Reference does not exist")
    sha = request.json["sha"]
    if sha not in repo.parents:
        raise RefusalError(422, "Object does not exist")
    if not request.json.get("force") and repo.refs[match[1]] not in repo.ancestors(sha):
        raise RefusalError(422, "Update is not a fast forward")
    repo.refs[match[1]] = sha
    return Answer(body=records.ref(hub.url, repo, match[1]))


@route("DELETE", r"/git/refs/(.+)")
def delete_ref(_hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    need(request, "contents")
    if match[1] not in repo.refs:
        raise RefusalError(422, "Reference does not exist")
    del repo.refs[match[1]]
    return Answer(status=204)


@route("POST", r"/git/blobs")
def create_blob(_hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "contents")
    text = request.json["content"]
    content = base64.b64decode(text) if request.json.get("encoding") == "base64" else text.encode()
    sha = repo.blob_sha(content)
    return Answer(status=201, body={"sha": sha, "url": f"/git/blobs/{sha}"})


@route("GET", r"/git/blobs/([0-9a-f]{40})")
def get_blob(_hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    if match[1] not in repo.blobs:
        raise RefusalError(404, "Not Found")
    content = repo.blobs[match[1]]
    return Answer(
        body={
            "sha": match[1],
            "node_id": match[1],
            "size": len(content),
            "url": f"/git/blobs/{match[1]}",
            "content": base64.encodebytes(content).decode(),
            "encoding": "base64",
        }
    )


@route("GET", r"/git/trees/([^/]+)")
def get_tree(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    commit = repo.commit(match[1])
    if commit is None or commit not in repo.trees:
        raise RefusalError(404, "Not Found")
    if not request.query.get("recursive"):
        raise RefusalError(501, "this stand-in lists whole trees only")
    entries = []
    for path, content in sorted(repo.trees[commit].items()):
        mode = repo.mode_of(path)
        is_submodule = mode == SUBMODULE
        sha = content.decode() if is_submodule else repo.blob_sha(content)
        entries.append({"path": path, "mode": mode, "type": "commit" if is_submodule else "blob", "sha": sha})
    sha = repo.tree_sha(repo.trees[commit])
    url = f"{hub.url}/repos/{repo.full_name}/git/trees/{sha}"
    truncated = len(entries) > repo.listed
    return Answer(body={"sha": sha, "url": url, "tree": entries[: repo.listed], "truncated": truncated})


@route("POST", r"/git/trees")
def create_tree(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "contents")
    base = request.json.get("base_tree")
    if base is not None and base not in repo.loose_trees:
        raise RefusalError(404, "Not Found")
    files = dict(repo.loose_trees.get(base, {}))
    for entry in request.json["tree"]:
        files[entry["path"]] = repo.blobs[entry["sha"]] if "sha" in entry else entry["content"].encode()
        if entry["mode"] == "100755":
            repo.executable.add(entry["path"])
    sha = repo.tree_sha(files)
    return Answer(status=201, body={"sha": sha, "url": f"{hub.url}/repos/{repo.full_name}/git/trees/{sha}"})


@route("GET", r"/git/commits/([0-9a-f]{40})")
def get_commit(hub: "FakeGitHub", repo: Repository, _request: Request, match: "re.Match[str]") -> Answer:
    if match[1] not in repo.parents:
        raise RefusalError(404, "Not Found")
    return Answer(body=records.git_commit(hub.url, repo, match[1]))


@route("POST", r"/git/commits")
def create_commit(hub: "FakeGitHub", repo: Repository, request: Request, _match: "re.Match[str]") -> Answer:
    need(request, "contents")
    wanted = request.json
    if wanted["tree"] not in repo.loose_trees:
        raise RefusalError(422, "Tree SHA does not exist")
    identity = f"{wanted['tree']} {wanted['parents']} {wanted['message']}"
    sha = hashlib.sha1(identity.encode(), usedforsecurity=False).hexdigest()
    repo.parents[sha] = tuple(wanted["parents"])
    repo.trees[sha] = repo.loose_trees[wanted["tree"]]
    repo.messages[sha] = wanted["message"]
    return Answer(status=201, body=records.git_commit(hub.url, repo, sha))


@route("GET", r"/contents/(.+)")
def get_contents(hub: "FakeGitHub", repo: Repository, request: Request, match: "re.Match[str]") -> Answer:
    ref = request.query.get("ref", repo.default_branch)
    commit = repo.commit(ref)
    if commit is None or commit not in repo.trees:
        raise RefusalError(404, f"No commit found for the ref {ref}")
    if match[1] not in repo.trees[commit]:
        raise RefusalError(404, "Not Found")
    content = repo.trees[commit][match[1]]
    url = f"{hub.url}/repos/{repo.full_name}/contents/{match[1]}?ref={ref}"
    body = {"type": "file", "encoding": "base64", "path": match[1], "name": match[1].rpartition("/")[2], "url": url}
    return Answer(body={**body, "size": len(content), "content": base64.encodebytes(content).decode()})
