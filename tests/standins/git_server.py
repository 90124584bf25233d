"""A git repository over smart HTTP on loopback, as hosting services serve it (read only)."""

import base64
import gzip
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, the same on every machine."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **_IDENTITY}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_repository(folder: Path, files: Mapping[str, str], *, tag: str) -> str:
    """Commit files under an annotated tag, and return the commit."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "tag", "-a", tag, "-m", "first")
    return git(folder, "rev-parse", "HEAD")


def add_submodule(folder: Path, path: str, url: str, commit: str) -> str:
    """Commit a submodule: a commit of the repository at a URL, which may be relative. Return the new commit."""
    (folder / ".gitmodules").write_text(f'[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n')
    git(folder, "add", ".gitmodules")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    git(folder, "commit", "--quiet", "-m", "second")
    return git(folder, "rev-parse", "HEAD")


@contextmanager
def serving(
    folder: Path, *, login: tuple[str, str] | None = None, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve one repository at the URL that is yielded, to those who log in if a login is given.

    With a context it is served by HTTPS.
    """

    class Handler(_Handler):
        served = folder
        authorization = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}/shop.git"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: Path
    authorization: str

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        if self._is_refused():
            return
        service = b"# service=git-upload-pack\n"
        head = f"{len(service) + 4:04x}".encode() + service + b"0000"
        self._answer(head + self._upload_pack(b"", "--advertise-refs"), "advertisement")

    def _is_refused(self) -> bool:
        if not self.authorization or self.headers.get("Authorization") == self.authorization:
            return False
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def do_POST(self) -> None:
        if self._is_refused():
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self._answer(self._upload_pack(body), "result")

    def _upload_pack(self, body: bytes, *options: str) -> bytes:
        env = {"PATH": os.environ["PATH"], **_IDENTITY}
        if protocol := self.headers.get("Git-Protocol"):
            env["GIT_PROTOCOL"] = protocol
        command = ["git", "upload-pack", "--stateless-rpc", *options, str(self.served)]
        return subprocess.run(command, input=body, env=env, capture_output=True, check=False).stdout

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
