"""The one GET: whole, streamed into a file, or by ranges; with retries, proxies, certificates and logins."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar
from urllib.parse import unquote, urlsplit

from layer_action.credentials import Credentials, file_of
from layer_action.errors import DownloadError, TooLongError
from layer_action.formats.zipend import TAIL
from layer_action.pace import USUAL, Pace
from layer_action.pools import TRIES, TRY_AGAIN, Pools, retrying
from layer_action.proxies import proxy_for
from layer_action.ranged import RangedFile, local_file, seek_and_read, unreadable
from layer_action.unanswered import failure, in_time, is_connected

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse
    from urllib3.exceptions import HTTPError

Taken = TypeVar("Taken")

_CHUNK: Final = 1 << 16
_RECORD: Final = 1 << 14  # bytes; TLS gives no more at once
_LARGEST_PAGE: Final = 32 << 20  # bytes in memory; the longest pages of an index have some ten million
LARGEST_FILE: Final = 2 << 30  # bytes on disk; no layer holds such a wheel
_PARTIAL: Final = 206
_FIRST_BAD: Final = 400
_NO_SUCH_RANGE: Final = 416
_REFUSED: Final = (401, 403)
_SIZE: Final = re.compile(r"[0-9]{1,18}")  # bytes
_IDENTITY: Final = {"Accept-Encoding": "identity"}


def _unmasked(_secret: str) -> None:
    """Take a secret and tell nobody."""


class Http:
    """GET requests for `https:`, `http:` and `file:` URLs. May be shared by threads.

    `env` brings proxies, certificates and logins; `attempts` is the count of tries, `backoff` the seconds before the
    second retry, doubled each time.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        mask: Callable[[str], None] = _unmasked,
        attempts: int = 5,
        backoff: float = 0.5,
        pace: Pace = USUAL,
    ) -> None:
        """Remember the settings; the network and urllib3 are touched by the first request."""
        self._env = env
        self.credentials = Credentials(env, mask=mask)
        self._attempts = attempts
        self._backoff = backoff
        self._pools = Pools(env, pace)
        self._out_of_reach: dict[str, HTTPError] = {}

    def hasty(self) -> "Http":
        """Return one that knows the same logins and soon gives up: for what can be done without."""
        hasty = Http(self._env, attempts=2, backoff=0.1)
        hasty.credentials = self.credentials
        hasty._pools = self._pools  # the authorities to trust take a MiB
        return hasty

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int = _LARGEST_PAGE) -> bytes:
        """Return the whole body. Raises DownloadError, whose `status` tells a 404 apart; also for more than `limit`."""
        into = BytesIO()
        self._write(url, {"Accept-Encoding": "gzip", **(headers or {})}, into, limit)
        return into.getvalue()

    def download(self, url: str, into: BinaryIO, *, limit: int = LARGEST_FILE) -> int:
        """Write the body to a file, from its start, and return the count of bytes.

        Raises DownloadError, also for a body of more than `limit` bytes.
        """
        return self._write(url, _IDENTITY, into, limit)

    def _write(self, url: str, headers: Mapping[str, str], into: BinaryIO, limit: int) -> int:
        name = file_of(url)
        if path := _local(url):
            return _write(_pieces_of(path, name), into, limit, name)
        decoded = headers is not _IDENTITY
        return self._taken(url, headers, lambda answer: _write(_pieces(answer, decoded=decoded), into, limit, name))

    def _taken(self, url: str, headers: Mapping[str, str], take: "Callable[[BaseHTTPResponse], Taken]") -> Taken:
        """Ask for a file and take what is sent; a body that breaks off is asked for again."""
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - urllib3 costs 70 ms

        waits = 0
        for attempt in range(1, self._attempts + 1):
            response = self._request(url, headers)
            try:
                _check(response, url)
                return take(response)
            except HTTPError as error:
                waits += not in_time(error)
                if waits == min(TRIES, self._attempts):
                    self._out_of_reach[_server(url)] = error
                if attempt == self._attempts or waits == TRIES:
                    raise failure(url, error) from error
            finally:
                response.close()
                response.release_conn()
        raise AssertionError  # the loop either returns or raises

    def ranged(self, url: str) -> RangedFile:
        """Open a file for reads at any place; its last 64 KiB come with the first request. Raises DownloadError."""
        if path := _local(url):
            return local_file(path, file_of(url))
        return self._by_range(url) or self._whole(url)

    def _by_range(self, url: str) -> RangedFile | None:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - urllib3 costs 70 ms

        response = self._request(url, {**_IDENTITY, "Range": f"bytes=-{TAIL}"})
        try:
            if response.status != _NO_SUCH_RANGE:
                _check(response, url)
            total = response.headers.get("Content-Range", "").rpartition("/")[2]
            if response.status != _PARTIAL or not _SIZE.fullmatch(total):
                return None
            tail = _piece(response, 0, TAIL)
        except HTTPError:
            return None
        finally:
            response.close()
            response.release_conn()
        if len(tail) != min(TAIL, int(total)):
            return None
        return RangedFile(size=int(total), tail=tail, fetch=lambda offset, count: self._range(url, offset, count))

    def _whole(self, url: str) -> RangedFile:
        """Fall back for servers without ranges: the file is kept on disk while it is read."""
        import tempfile  # noqa: PLC0415 - most servers know ranges

        spool = tempfile.TemporaryFile()  # noqa: SIM115 - RangedFile closes it
        try:
            size = self.download(url, spool)
        except BaseException:
            with suppress(OSError):  # what is still to be written finds no room either
                spool.close()
            raise
        return RangedFile(size=size, fetch=lambda offset, count: seek_and_read(spool, offset, count), spool=spool)

    def _range(self, url: str, offset: int, count: int) -> bytes:
        headers = {**_IDENTITY, "Range": f"bytes={offset}-{offset + count - 1}"}
        # a server may answer with the whole file all the same
        return self._taken(
            url, headers, lambda answer: _piece(answer, 0 if answer.status == _PARTIAL else offset, count)
        )

    def _request(self, url: str, headers: Mapping[str, str]) -> "BaseHTTPResponse":
        from urllib3.exceptions import HTTPError, LocationValueError  # noqa: PLC0415 - urllib3 costs 70 ms

        plain, login = self.credentials.split(url)
        sent = dict(headers) | ({"Authorization": login.header} if login else {})
        server = _server(url)
        # who took no connection, or was silent, in all our tries, is not waited for again by each of a thousand files
        if known := self._out_of_reach.get(server):
            raise failure(url, known) from known
        try:
            retries = retrying(self._attempts, self._backoff)
            return self._pools.to(plain).request("GET", plain, headers=sent, retries=retries, preload_content=False)
        except (HTTPError, ValueError) as error:
            if not isinstance(error, HTTPError):  # a redirection to what is no address
                raise failure(url, LocationValueError()) from error
            if not (is_connected(error) and in_time(error)):
                self._out_of_reach[server] = error
            raise failure(url, error, proxy=proxy_for(self._env, plain).variable) from error


def _server(url: str) -> str:
    """Return the host and port of a URL, without a login."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _write(pieces: Iterable[bytes], into: BinaryIO, limit: int, name: str) -> int:
    into.seek(0)
    into.truncate()
    count = 0
    for piece in pieces:
        count += into.write(piece)
        if count > limit:
            raise TooLongError(
                f"{name} is larger than expected: more than {limit} bytes.",
                hint="If the index replaced the file on purpose, make the lock anew; else do not use it.",
            )
    return count


def _pieces(response: "BaseHTTPResponse", *, decoded: bool) -> Iterator[bytes]:
    """Yield a body as it comes; urllib3's own `stream` takes as much memory as a chunk claims to have."""
    while piece := response.read1(_RECORD, decode_content=decoded):
        yield piece


def _piece(response: "BaseHTTPResponse", skipped: int, count: int) -> bytes:
    """Return `count` bytes of a body behind those that are skipped, whatever else is sent."""
    found = BytesIO()
    for chunk in _pieces(response, decoded=False):
        found.write(chunk[skipped:])
        skipped = max(0, skipped - len(chunk))
        if found.tell() >= count:
            break
    found.truncate(count)
    return found.getvalue()  # the directory of a large wheel has three million bytes: they are not copied


def _check(response: "BaseHTTPResponse", url: str) -> None:
    if response.status < _FIRST_BAD:
        return
    from urllib3.exceptions import HTTPError  # noqa: PLC0415 - already loaded

    with suppress(HTTPError):
        response.read1(_CHUNK, decode_content=False)  # what is read to its end leaves the connection open for the next
    refused, later = "The index asks for a login: see PIP_INDEX_URL, UV_INDEX and NETRC.", "Run again later."
    gone = "If the file is gone for good, make the lock anew, or ask for another version."
    hint = refused if response.status in _REFUSED else later if response.status in TRY_AGAIN else gone
    raise DownloadError(
        f"{file_of(url)} could not be downloaded: the server answers {response.status}.",
        status=response.status,
        hint=hint,
    )


def _local(url: str) -> Path | None:
    """Return the path of a `file:` URL, None for one of a server."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises, where it is no number
    except ValueError as error:
        raise DownloadError("A file's address is malformed.", hint="Check the URLs in the lock.") from error
    if parts.scheme in ("http", "https") and parts.hostname:
        return None
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    raise DownloadError("A file has an address of a kind that is not fetched.", hint="Use https:, http: or file:.")


def _pieces_of(path: Path, name: str) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                yield piece
    except OSError as error:
        raise unreadable(name, error) from error
