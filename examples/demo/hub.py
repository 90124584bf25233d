"""As much of GitHub as a release needs: one repository, its releases and their files, on a free loopback port."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from socketserver import BaseServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

REPOSITORY: Final = "shop/shop"
_RELEASES: Final = re.compile(rf"/repos/{REPOSITORY}/releases(?:/(?P<id>\d+)(?P<assets>/assets)?)?")


@dataclass(slots=True)
class Hub:
    """The repository's releases, as GitHub's API writes them, and the files that were uploaded."""

    address: str = ""
    releases: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def published(self) -> tuple[dict[str, Any], ...]:
        """The releases that are no drafts any more."""
        return tuple(release for release in self.releases.values() if not release["draft"])

    def create(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Create a release."""
        number = len(self.releases) + 1
        url = f"{self.address}/repos/{REPOSITORY}/releases/{number}"
        self.releases[number] = {
            **wanted,
            "id": number,
            "url": url,
            "html_url": f"{self.address}/{REPOSITORY}/releases/tag/{wanted['tag_name']}",
            "upload_url": f"{url}/assets{{?name,label}}",
            "assets_url": f"{url}/assets",
            "assets": [],
        }
        return self.releases[number]

    def upload(self, release: int, name: str, content: bytes) -> dict[str, Any]:
        """Keep a file of a release."""
        self.files[name] = content
        asset = {"id": len(self.files), "name": name, "size": len(content), "state": "uploaded"}
        self.releases[release]["assets"].append(asset)
        return asset


@contextmanager
def github() -> Iterator[Hub]:
    """Serve for as long as the block lasts."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Api, hub))
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, request: socket, client: object, server: BaseServer) -> None:
        self._hub = hub
        super().__init__(request, client, server)

    def answer_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        status, found = self._answer(address.path, parse_qs(address.query), body)
        content = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = answer_request  # noqa: N815 - the library's names

    def _answer(self, path: str, query: dict[str, list[str]], body: bytes) -> tuple[int, object]:
        match = _RELEASES.fullmatch(path)
        if match is None:
            repository = {"full_name": REPOSITORY, "url": f"{self._hub.address}{path}", "default_branch": "main"}
            return (200, repository) if path == f"/repos/{REPOSITORY}" else (404, {"message": "Not Found"})
        if match["id"] is None:
            made = self._hub.create(json.loads(body)) if self.command == "POST" else None
            return (201, made) if made else (200, list(self._hub.releases.values()))
        release = self._hub.releases[int(match["id"])]
        if match["assets"]:
            made = self._hub.upload(release["id"], query["name"][0], body) if self.command == "POST" else None
            return (201, made) if made else (200, release["assets"])
        release.update(json.loads(body or b"{}"))
        return 200, release

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Stay silent: the demo tells what happens."""
