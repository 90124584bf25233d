"""A web server for files on a free port of this machine, with the faults that real ones have."""

import gzip
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BOMB = gzip.compress(bytes(10 << 20), compresslevel=1)
_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")


@dataclass(kw_only=True)
class Files:
    """What a server serves, by path, and what it was asked for.

    `faults` are consumed one a request: a status to answer with, "cut" for a body that breaks off half way, "endless"
    for one that goes on for as long as somebody reads ("endless 302", 404, 503: as such, "endless chunk": in a piece of
    no length), "bomb" for one of a few kilobytes that unpack to 10 MiB, "drip" for one that comes a byte at a time,
    "drip head" for a head that does, "silent" for none at all, "silent body" for a body that stops
    after its first bytes, "sizeless" for a range of a file whose size nobody can read.
    `authorization` is the only header value let in. `elsewhere` maps paths to where they have moved. For `max_age`
    seconds an answer may be kept.
    """

    content: Mapping[str, bytes]
    ranges: bool = True
    authorization: str = ""
    faults: list[int | str] = field(default_factory=list)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    max_age: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    url: str = ""
    connections: int = 0

    @property
    def paths(self) -> Sequence[str]:
        return [path for path, _ in self.requests]


@contextmanager
def serve(files: Files) -> Iterator[Files]:
    """Serve until the end of the block; `files.url` is the address, without a final slash."""

    class Handler(_Handler):
        served = files

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    files.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Files

    def setup(self) -> None:
        self.served.connections += 1
        super().setup()

    def do_GET(self) -> None:
        files = self.served
        path = self.path.partition("?")[0]
        files.requests.append((path, self.headers.get("Range", "")))
        files.headers.append(dict(self.headers.items()))
        fault = files.faults.pop(0) if files.faults else None
        if isinstance(fault, int):
            self._answer(fault, b"no")
        elif isinstance(fault, str) and fault.startswith("endless"):
            self._go_on(fault.removeprefix("endless").strip())
        elif isinstance(fault, str) and fault.startswith("silent"):
            self._be_silent(b"HTTP/1.1 206 OK\r\nContent-Length: 9\r\n\r\nx" if fault == "silent body" else b"")
        elif isinstance(fault, str) and fault.startswith("drip"):
            self._drip(b"X-Slow: " if fault == "drip head" else b"\r\n")
        elif fault == "bomb":
            self._answer(200, _BOMB, {"Content-Encoding": "gzip"})
        elif fault == "sizeless":
            self._answer(206, b"no", {"Content-Range": f"bytes 0-1/{'9' * 5000}"})
        elif files.authorization and self.headers.get("Authorization") != files.authorization:
            self._answer(401, b"who are you?")
        elif path in files.elsewhere:
            self._answer(302, b"", {"Location": files.elsewhere[path]})
        elif path not in files.content:
            self._answer(404, b"no such file")
        else:
            self._send(files.content[path], cut=fault == "cut")

    def _go_on(self, what: str) -> None:
        """Send for ever, as the answer to any range, or what else is asked for."""
        self.send_response(int(what) if what.isdecimal() else 206 if "Range" in self.headers else 200)
        if what == "302":
            self.send_header("Location", self.path)
        elif what == "chunk":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Range", "bytes 0-65556/65557")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            if what == "chunk":
                self.wfile.write(b"-1\r\n")  # a length that Python reads as: all that comes
            while True:
                self.wfile.write(bytes(1 << 16))

    def _be_silent(self, first: bytes) -> None:
        """Send nothing behind `first`, until the other side goes away."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(first)
            self.connection.recv(1)

    def _drip(self, first: bytes) -> None:
        """Send a byte at a time, with no end, behind `first`."""
        self.close_connection = True
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n" + first)
            while True:
                self.wfile.write(b"x")
                time.sleep(0.005)

    def _send(self, content: bytes, *, cut: bool) -> None:
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        if not asked or not self.served.ranges:
            self._answer(200, content, cut=cut)
            return
        first, last = asked["first"], asked["last"]
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(int(last) + 1, len(content)) if first and last else len(content)
        self._answer(206, content[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}, cut=cut)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if self.served.max_age:
            self.send_header("Cache-Control", f"max-age={self.served.max_age}")
        self.send_header("Content-Length", str(len(body)))
        if cut:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
