"""The local AWS of the demo, and a proxy before it that writes down every request."""

import http.client
import os
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

_PROGRAM: Final = Path(__file__).parents[2] / ".venv-standins" / "bin" / "ministack"
_STARTUP_SECONDS: Final = 30.0
_READ_VERBS: Final = ("Get", "List", "Describe")
_HOP_BY_HOP: Final = ("connection", "transfer-encoding", "keep-alive", "content-length")


def program() -> Path:
    """Return ministack's program: what the environment names, else the one that make installed."""
    return Path(os.environ.get("LAMBDA_LAYER_ACTION_MINISTACK") or _PROGRAM)


@contextmanager
def local_aws(folder: Path) -> Iterator[str]:
    """Run ministack on a free loopback port for as long as the block lasts; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "TMPDIR": str(folder),
        # without BIND_HOST it would listen on every interface; MINISTACK_HOST names the host in Content.Location
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen([program()], env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_ministack/health", timeout=2) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError("ministack did not start; its log lies in the demo's folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to AWS. `action` is what a query or JSON protocol names, "" for REST."""

    method: str
    path: str
    action: str

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        if self.action:
            return not self.action.startswith(_READ_VERBS)
        return self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        """Return how a log names it."""
        return f"{self.method} {self.path} {self.action}".rstrip()


@dataclass(slots=True)
class Recorder:
    """The requests that went through, in order. `address` is where clients send them."""

    address: str
    calls: list[Call] = field(default_factory=list)

    def clear(self) -> None:
        """Forget what was recorded."""
        self.calls.clear()

    @property
    def writes(self) -> tuple[Call, ...]:
        """The requests that changed something."""
        return tuple(call for call in self.calls if call.writes)


@contextmanager
def recorded(upstream: str) -> Iterator[Recorder]:
    """Stand before a server on a port of our own, pass everything on, and remember it."""
    recorder = Recorder("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(upstream, recorder))
    recorder.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(upstream: str, recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    host = urlsplit(upstream).netloc

    class PassOn(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            recorder.calls.append(Call(method=self.command, path=self.path, action=self._action(body)))
            connection = http.client.HTTPConnection(host, timeout=60)
            try:
                connection.request(self.command, self.path, body=body, headers=dict(self.headers.items()))
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815 - the library's names

        def _action(self, body: bytes) -> str:
            if target := self.headers.get("X-Amz-Target"):
                return str(target).rpartition(".")[2]
            if "x-www-form-urlencoded" in (self.headers.get("Content-Type") or ""):
                return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
            return ""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
            """Stay silent: the recorder is the log."""

    return PassOn
