"""Answers held to a pace, and to a length where nobody wants them.

A server that drips, a byte each few seconds, is never silent, and never done. The body of a refusal or a redirection is
read to its end by urllib3, which would fill the memory if there is none. Loaded with urllib3, when somebody first asks.
"""

import time
from functools import partial
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from layer_action.pace import Pace

if TYPE_CHECKING:
    from socket import socket

    from _typeshed import WriteableBuffer


_WANTED: Final = (200, 206)
_MOST_UNWANTED: Final = 1 << 17  # bytes, with the head


class _Paced(RawIOBase):
    """What comes from a server. Raises TimeoutError when it is too little, as a socket does when nothing comes."""

    def __init__(self, stream: RawIOBase, pace: Pace, answer: HTTPResponse) -> None:
        self._stream = stream
        self._pace = pace
        self._answer = answer
        self._whole = 0
        self._since: float | None = None
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        if self._whole >= _MOST_UNWANTED and self._answer.status not in _WANTED:
            return 0
        count = self._stream.readinto(buffer)
        self._whole += count or 0
        now = time.monotonic()
        if self._since is None:
            self._since = now
        self._count += count or 0
        if count and now - self._since >= self._pace.seconds:
            if self._count < self._pace.least:
                raise TimeoutError("too slow")
            self._since, self._count = now, 0
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


def _answer(
    pace: Pace, sock: "socket", debuglevel: int = 0, method: str | None = None, url: str | None = None
) -> HTTPResponse:
    """Return an answer whose head, frames and body are read at a pace."""
    answer = HTTPResponse(sock, debuglevel, method, url)
    answer.fp = BufferedReader(_Paced(answer.fp.detach(), pace, answer))
    return answer


def paced(pace: Pace) -> dict[str, type]:
    """Return the pools of a PoolManager, by scheme."""
    answer = staticmethod(partial(_answer, pace))

    class Plain(HTTPConnection):
        response_class = answer  # type: ignore[assignment]

    class Secure(HTTPSConnection):
        response_class = answer  # type: ignore[assignment]

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # type: ignore[mutable-override]

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure  # type: ignore[mutable-override]

    return {"http": PlainPool, "https": SecurePool}
