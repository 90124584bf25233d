"""Connections that are kept open: how often they try, whom they trust, and the proxy between."""

from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from layer_action.certificates import AUTHORITIES, CLIENT, authorities, client_certificate
from layer_action.errors import DownloadError
from layer_action.pace import USUAL, Pace
from layer_action.proxies import proxy_for

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import PoolManager, Retry

_TIMEOUT_CONNECT: Final = 10.0  # seconds
# to reach a server, or to hear from it: three seconds, for one that takes no connection, two minutes for one that is
# silent; uv tries as often
TRIES: Final = 4
_LONGEST_WAIT: Final = 60  # seconds, whatever a server asks for
_CONNECTIONS: Final = 16  # kept open to one host
TRY_AGAIN: Final = frozenset({408, 425, 429, *range(500, 600)})  # as uv; a CDN has numbers of its own, up to 530


class Pools:
    """The pools of an environment, one for each proxy. Shared by threads, and by who tries more often and less."""

    def __init__(self, env: Mapping[str, str], pace: Pace = USUAL) -> None:
        """Open nothing yet."""
        self._env = env
        self._pace = pace
        self._lock = Lock()
        self._open: dict[str, PoolManager] = {}

    def to(self, url: str) -> "PoolManager":
        """Return the one for a URL. Raises DownloadError for certificates and proxies."""
        proxy = proxy_for(self._env, url).address
        with self._lock:  # else each of the first dozen requests reads all authorities for itself
            if proxy not in self._open:
                self._open[proxy] = _open_pool(self._env, proxy, self._pace)
            return self._open[proxy]


def retrying(attempts: int, backoff: float) -> "Retry":
    """Return what is tried again: `backoff` are the seconds before the second retry, doubled each time."""
    from layer_action.retries import Retries  # noqa: PLC0415 - loads urllib3

    return Retries(
        total=attempts - 1,
        connect=TRIES - 1,
        read=TRIES - 1,
        redirect=5,
        backoff_factor=backoff,
        backoff_jitter=backoff / 2,
        status_forcelist=TRY_AGAIN,
        raise_on_status=False,
        retry_after_max=_LONGEST_WAIT,
    )


def _open_pool(env: Mapping[str, str], proxy: str, pace: Pace) -> "PoolManager":
    """Return what keeps connections open, through a proxy ("" for none). Raises DownloadError for certificates."""
    import urllib3  # noqa: PLC0415 - costs 70 ms

    from layer_action.paced import paced  # noqa: PLC0415 - loads urllib3

    timeout = urllib3.Timeout(connect=_TIMEOUT_CONNECT, read=pace.silence)
    settings = {"timeout": timeout, "ssl_context": _trust(env), "maxsize": _CONNECTIONS}
    if not proxy:
        direct = urllib3.PoolManager(**settings)  # type: ignore[arg-type]
        direct.pool_classes_by_scheme = paced(pace)
        return direct
    address = urlsplit(proxy)
    login = f"{unquote(address.username)}:{unquote(address.password or '')}" if address.username else None
    through = urllib3.ProxyManager(
        proxy,
        proxy_headers=urllib3.make_headers(proxy_basic_auth=login),
        **settings,  # type: ignore[arg-type]
    )
    through.pool_classes_by_scheme = paced(pace)
    return through


def _trust(env: Mapping[str, str]) -> "SSLContext":
    """Return whom we trust, and the certificate by which we are known."""
    from ssl import VERIFY_X509_PARTIAL_CHAIN  # noqa: PLC0415

    from urllib3.util.ssl_ import create_urllib3_context  # noqa: PLC0415

    # as uv does: Python 3.13 is strict by default, and wants extensions that the authorities of many companies lack
    context = create_urllib3_context(verify_flags=VERIFY_X509_PARTIAL_CHAIN)
    file, folder, ours = authorities(env), env.get("SSL_CERT_DIR", ""), client_certificate(env)
    try:
        if file or folder:
            context.load_verify_locations(file or None, folder or None)
        else:
            context.load_default_certs()
    except OSError as error:
        raise DownloadError(
            f"The certificates in {file or folder} cannot be read.",
            hint=f"Check {', '.join(AUTHORITIES)} and SSL_CERT_DIR.",
        ) from error
    try:
        if ours:
            context.load_cert_chain(ours, password="")  # a key with a password is an error, and no question
    except OSError as error:
        raise DownloadError(
            f"The client certificate {ours} cannot be used.",
            hint=f"It must be a PEM file with certificate and key, without a password. Check {' and '.join(CLIENT)}.",
        ) from error
    return context
