"""Lambda's Runtime API on loopback: hands out events, collects what a handler answers."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_ROOT = "/2018-06-01/runtime"
_ARN = "arn:aws:lambda:us-east-1:111122223333:function:under-test"
_DEADLINE = "4102444800000"  # ms since the epoch: never


@dataclass(kw_only=True)
class RuntimeApi:
    """`answers` are results in the order of the events; `errors` what went wrong, in a call or at the start."""

    events: Sequence[Any]
    port: int = 0
    answers: list[Any] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)
    given: int = 0  # events that were handed out

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API holds."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def runtime_api(events: Sequence[Any]) -> Iterator[RuntimeApi]:
    """Serve events until the end of the block; `done` is set after the last answer, or the first error."""
    api = RuntimeApi(events=events)

    class Handler(_Handler):
        served = api

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: RuntimeApi

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        api = self.served
        if self.path != f"{_ROOT}/invocation/next" or api.given == len(api.events):
            api.stopped.wait()  # as the real one: there is no next event
            self.close_connection = True
            return
        number, event = api.given, api.events[api.given]
        api.given += 1
        headers = {
            "Lambda-Runtime-Aws-Request-Id": str(number),
            "Lambda-Runtime-Deadline-Ms": _DEADLINE,
            "Lambda-Runtime-Invoked-Function-Arn": _ARN,
        }
        self._answer(200, json.dumps(event).encode(), headers)

    def do_POST(self) -> None:
        body = json.loads(self._body())
        api = self.served
        (api.answers if self.path.endswith("/response") else api.errors).append(body)
        self._answer(202, b'{"status": "OK"}', {})
        if api.errors or len(api.answers) == len(api.events):
            api.done.set()

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
