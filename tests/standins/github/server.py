"""A strict GitHub over HTTP on a free loopback port: what `emulate` lets pass, this refuses as the real one does."""

import json
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.standins.github import git_routes, records
from tests.standins.github.description import violation
from tests.standins.github.faults import Fault, FaultPlan
from tests.standins.github.records import Comment, Pull, Release, Repository, Token
from tests.standins.github.routes import Answer, RefusalError, Request, archive


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that came, and the status that was answered (0: cut off)."""

    method: str
    path: str
    status: int


class FakeGitHub:
    """A GitHub with one repository, `octo/shop`, and three tokens: `writer`, `reader` (a fork's) and `person`.

    `log` holds every request, `violations` those that GitHub's description does not allow; `faults` what goes wrong.
    """

    def __init__(self, *, enterprise: bool = False) -> None:
        self.enterprise = enterprise
        self.repository = Repository(full_name="octo/shop")
        self.repository.pulls[7] = Pull(number=7, title="Raise requests", body="", head="raise", base="main")
        self.moved: dict[str, Repository] = {}
        self.tokens = {
            "writer": Token(),
            "reader": Token(writes=frozenset()),
            "stranger": Token(sees=False),
            "person": Token(login="ann", is_app=False),
        }
        self.faults = FaultPlan()
        self.log: list[Logged] = []
        self.violations: list[str] = []
        self.has_graphql = True
        self.immutable_releases = False
        self.actions_may_open_pulls = True
        self._last_number = 1000
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        host = f"http://127.0.0.1:{port}"
        # a server of one's own has all on one host; github.com takes uploads on another
        self.url = f"{host}/api/v3" if enterprise else host
        self.uploads = f"{host}/api/uploads" if enterprise else f"http://localhost:{port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def env(self) -> dict[str, str]:
        """The runner's variables that lead here."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": self.repository.full_name}

    def number(self) -> int:
        """Return a new id, larger than all before."""
        with self._lock:
            self._last_number += 1
            return self._last_number

    def comment(self, repo: Repository, issue: int, login: str | None, body: str) -> Comment:
        """Write a comment, past all checks."""
        created = Comment(id=self.number(), issue=issue, login=login, body=body)
        repo.comments[created.id] = created
        return created

    def release(self, tag: str, body: str = "", *, draft: bool = False) -> Release:
        """Make a release, past all checks."""
        created = Release(id=self.number(), tag=tag, name=tag, body=body, draft=draft, prerelease=False)
        self.repository.releases[created.id] = created
        return created

    def comments(self) -> list[Comment]:
        """Return the comments of the repository."""
        return list(self.repository.comments.values())

    def writes(self) -> list[Logged]:
        """Return the requests that were to change something (GraphQL only reads here)."""
        return [entry for entry in self.log if entry.method != "GET" and entry.path != "/graphql"]

    def login(self, request: Request) -> str:
        """Return who writes."""
        return request.token.login if request.token else ""

    def page(self, request: Request, items: Sequence[Any]) -> Answer:
        """Return one page of a listing, with GitHub's Link header."""
        size = min(int(request.query.get("per_page", 30)), 100)
        page = int(request.query.get("page", 1))
        last = max(1, -(-len(items) // size))
        link = {"next": page + 1, "last": last} if page < last else {}
        header = ", ".join(
            f'<{self.url}{request.path}?{urlencode({**request.query, "page": number})}>; rel="{rel}"'
            for rel, number in link.items()
        )
        return Answer(body=items[(page - 1) * size : page * size], headers={"Link": header} if header else {})

    def answer(self, request: Request, *, upload: bool) -> Answer:
        """Carry a request out."""
        with self._lock:
            if request.path == "/graphql":
                return self._graphql(request)
            if request.path == "/user":
                return self._user(request)
            if request.path.startswith("/codeload/"):
                return Answer(body=archive(self.repository, request.path.rpartition("/")[2]))
            return self._in_repository(request, "UPLOAD" if upload else request.method)

    def _graphql(self, request: Request) -> Answer:
        if not self.has_graphql:
            raise RefusalError(404, "Not Found")
        if request.token is None:
            raise RefusalError(401, "Bad credentials")
        if request.json["query"] != "query { viewer { login } }":
            return Answer(body={"errors": [{"message": "this stand-in knows the viewer only"}]})
        return Answer(body={"data": {"viewer": {"login": request.token.login}}})

    def _user(self, request: Request) -> Answer:
        if request.token is None:
            raise RefusalError(401, "Requires authentication")
        if request.token.is_app:
            raise RefusalError(403, "Resource not accessible by integration")
        return Answer(body={**(records.user(request.token.login) or {}), "url": f"{self.url}/user"})

    def _in_repository(self, request: Request, method: str) -> Answer:
        parts = request.path.split("/")
        repo: Repository | None = None
        rest = ""
        if parts[1] == "repos":
            name, rest = "/".join(parts[2:4]), "/".join(["", *parts[4:]]).rstrip("/")
            if name in self.moved:
                status = 301 if request.method == "GET" else 307
                where = f"{self.url}/repositories/{self.moved[name].id}{rest}"
                return Answer(status=status, body={"message": "Moved Permanently"}, headers={"Location": where})
            repo = self.repository if name == self.repository.full_name else None
        elif parts[1] == "repositories":
            rest = "/".join(["", *parts[3:]]).rstrip("/")
            repo = self.repository if parts[2] == str(self.repository.id) else None
        if repo is None or (request.token is not None and not request.token.sees):
            raise RefusalError(404, "Not Found")
        for verb, pattern, route in git_routes.ROUTES:
            if verb == method and (match := pattern.fullmatch(rest)):
                return route(self, repo, request, match)
        raise RefusalError(404, "Not Found")


class _Handler(BaseHTTPRequestHandler):
    """One connection. `hub` is set by a subclass for each server."""

    hub: FakeGitHub
    protocol_version = "HTTP/1.1"
    # headers and body leave in one packet: else Nagle's algorithm holds the second back for 40 ms
    wbufsize = -1

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def serve(self) -> None:
        """Answer one request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target, upload = self._target()
        parts = urlsplit(target)
        path = unquote(parts.path)
        if wrong := violation(self.command, target, self.headers.get("Content-Type", ""), body):
            self.hub.violations.append(wrong)
        fault = self.hub.faults.take(self.command, path)
        if fault and fault.before:
            fault.before()
        answer = self._answer(path, dict(parse_qsl(parts.query)), body, fault, upload=upload)
        self.hub.log.append(Logged(self.command, path, 0 if fault and fault.drop else answer.status))
        if fault and fault.drop:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        self._send(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve  # noqa: N815 - the server's names

    def _target(self) -> tuple[str, bool]:
        """Return path and query as github.com would be asked, and whether it is an upload."""
        if not self.hub.enterprise:
            return self.path, self.headers.get("Host", "").startswith("localhost")
        for prefix in ("/api/v3", "/api/uploads", "/api"):
            if self.path.startswith(f"{prefix}/"):
                return self.path.removeprefix(prefix), prefix == "/api/uploads"
        return self.path, False

    def _answer(self, path: str, query: dict[str, str], body: bytes, fault: Fault | None, *, upload: bool) -> Answer:
        failed = None
        if fault and not fault.passes:
            text = fault.raw or {"message": fault.message}
            failed = Answer(status=fault.status, body=text, headers=fault.headers)
            if not fault.done:
                return failed
        try:
            request = Request(
                method=self.command,
                path=path,
                query=query,
                token=self._token(),
                json=json.loads(body) if body and not upload else None,
                blob=body,
                content_type=self.headers.get("Content-Type", ""),
            )
            answer = self.hub.answer(request, upload=upload)
        except RefusalError as refusal:
            answer = refusal.answer
        return failed or answer

    def _token(self) -> Token | None:
        scheme, _, text = self.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if text not in self.hub.tokens:
            raise RefusalError(401, "Bad credentials")
        return self.hub.tokens[text]

    def _send(self, answer: Answer) -> None:
        is_raw = isinstance(answer.body, bytes)
        content = answer.body if is_raw else b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/x-gzip" if is_raw else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
