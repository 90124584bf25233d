"""A proxy before AWS that writes down every request, and can cut one off."""

import http.client
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from socketserver import BaseServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

_READ_VERBS: Final = ("Get", "List", "Describe")
_HOP_BY_HOP: Final = ("connection", "transfer-encoding", "keep-alive", "content-length")


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


class Moment(Enum):
    """When a request can be cut off."""

    ARRIVED = auto()  # AWS has not seen it
    ANSWERED = auto()  # AWS has done it, and the client does not know


@dataclass(slots=True)
class Recorder:
    """The requests that went through, in order. `address` is where clients send them.

    `drop` gets each request's number (from 0) and the moment, and returns whether the connection ends here.
    """

    address: str
    calls: list[Call] = field(default_factory=list)
    drop: Callable[[int, Moment], bool] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, call: Call) -> int:
        """Write a request down; return its number."""
        with self._lock:
            self.calls.append(call)
            return len(self.calls) - 1

    def clear(self) -> None:
        """Forget what was recorded."""
        self.calls.clear()

    @property
    def writes(self) -> tuple[str, ...]:
        """The requests that changed something."""
        return tuple(str(call) for call in self.calls if call.writes)


@contextmanager
def recorded(upstream: str) -> Iterator[Recorder]:
    """Stand before a server on a port of our own, pass everything on, and remember it."""
    recorder = Recorder("")
    server = _Server(("127.0.0.1", 0), partial(_PassOn, urlsplit(upstream).netloc, recorder))
    recorder.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: object) -> None:
        """Stay silent about clients that have gone: they were killed, or interrupted."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _PassOn(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, upstream: str, recorder: Recorder, request: socket, client: object, server: BaseServer) -> None:
        self._upstream = upstream
        self._recorder = recorder
        super().__init__(request, client, server)

    def handle_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        number = self._recorder.add(Call(method=self.command, path=self.path, action=self._action(body)))
        if self._is_dropped(number, Moment.ARRIVED):
            return
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        try:
            connection.request(self.command, self.path, body=body, headers=dict(self.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if not self._is_dropped(number, Moment.ANSWERED):
            self._send(answer, content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815 - the library's names

    def _send(self, answer: http.client.HTTPResponse, content: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _is_dropped(self, number: int, moment: Moment) -> bool:
        drop = self._recorder.drop
        self.close_connection = bool(drop and drop(number, moment))
        return self.close_connection

    def _action(self, body: bytes) -> str:
        if target := self.headers.get("X-Amz-Target"):
            return str(target).rpartition(".")[2]
        if "x-www-form-urlencoded" in (self.headers.get("Content-Type") or ""):
            return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
        return ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's signature
        """Stay silent: the recorder is the log."""
