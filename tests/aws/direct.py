"""The way to the stand-in without sockets: real boto3 clients and adapters, requests handed over in this process.

What it saves is the wire; thousands of runs become affordable. The same tests run over real HTTP on a smaller shop.
"""

import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from layer_action.aws.session import AwsSession, Patience
from layer_action.errors import DownloadError
from layer_action.http import Http
from tests.fake_calls import Killed, ManualClock
from tests.standins.aws.server import StrictAws


class DirectSession(AwsSession):
    """A session whose requests never become packets.

    A dropped connection is a closed one, or with `silent` one on which no answer came in time. After `kill` nothing
    gets through any more, as from a process that is gone.
    """

    def __init__(self, aws: StrictAws, env: Mapping[str, str], patience: Patience) -> None:
        super().__init__(env, clock=ManualClock(), patience=patience)
        self.silent = False
        self._aws = aws
        self._dead = threading.Event()

    def kill(self) -> None:
        self._dead.set()

    def revive(self) -> None:
        self._dead.clear()

    def _make(self, *arguments: Any, **settings: Any) -> Any:
        client = super()._make(*arguments, **settings)
        client.meta.events.register("before-send", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        if self._dead.is_set():
            raise Killed
        url = str(request.url)
        body = _bytes(request.body)
        headers = {name: _text(value) for name, value in request.headers.items()}
        answer = self._aws.handle(str(request.method), url.removeprefix(self._aws.endpoint_url), headers, body)
        if self._dead.is_set():
            raise Killed
        if answer is None:
            raise (ReadTimeoutError if self.silent else ConnectionClosedError)(endpoint_url=url)
        told = HTTPHeaders.from_dict({"x-amzn-RequestId": "direct", **answer.headers})
        return AWSResponse(url, answer.status, told, _Raw(answer.body))


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


def _bytes(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode()
    assert body is None or isinstance(body, bytes | bytearray), type(body)
    return bytes(body or b"")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class DirectHttp:
    """Reads presigned addresses from the stand-in's memory."""

    def __init__(self, aws: StrictAws) -> None:
        self._aws = aws

    @contextmanager
    def ranged(self, url: str) -> Iterator["_Blob"]:
        answer = self._aws.handle("GET", url.removeprefix(self._aws.endpoint_url), {}, b"")
        if answer is None or answer.status != 200:
            raise DownloadError(f"{url} cannot be read")
        yield _Blob(answer.body)


class _Blob:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read(self, offset: int, count: int) -> bytes:
        return self._content[offset : offset + count]


def direct_http(aws: StrictAws) -> Http:
    """Return what the adapters use of Http."""
    return cast("Http", DirectHttp(aws))
