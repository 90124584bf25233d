"""What became of a request that nobody answered as hoped."""

from layer_action.certificates import CLIENT
from layer_action.credentials import file_of
from layer_action.errors import DownloadError


def failure(url: str, error: Exception, *, proxy: str = "") -> DownloadError:
    """Say that a file could not be had, and why; `proxy` is the variable that names the one between."""
    if _breaks_off(error):
        return DownloadError(
            f"{file_of(url)} could not be downloaded: the server breaks the secure connection off.",
            hint=f"If it asks for a client certificate: {' or '.join(CLIENT)} names a PEM file with it and its key.",
        )
    if _is_of_proxy(error):
        return DownloadError(
            f"{file_of(url)} could not be downloaded: the proxy of {proxy} cannot be used.",
            hint=f"Check {proxy}. A host that is reached without it belongs in NO_PROXY.",
        )
    return DownloadError(
        f"{file_of(url)} could not be downloaded: {_reason(error)}.",
        hint="Check the network, the index's address, and the proxy and certificate variables.",
    )


def is_connected(error: Exception) -> bool:
    """Tell whether a server took a connection, before something else went wrong."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError  # noqa: PLC0415 - already loaded

    return not isinstance(_cause(error), (ConnectTimeoutError, NewConnectionError))


def in_time(error: Exception) -> bool:
    """Tell whether something else went wrong than that nothing came, or too little."""
    from urllib3.exceptions import ReadTimeoutError  # noqa: PLC0415 - already loaded

    return not isinstance(_cause(error), ReadTimeoutError)


def _is_of_proxy(error: Exception) -> bool:
    from urllib3.exceptions import ProxyError  # noqa: PLC0415 - already loaded

    return isinstance(_cause(error), ProxyError)


def _breaks_off(error: Exception) -> bool:
    """Tell whether the other side refuses TLS, as it does for want of a client certificate."""
    from urllib3.exceptions import SSLError  # noqa: PLC0415 - already loaded

    from layer_action.retries import is_untrusted  # noqa: PLC0415 - loads urllib3

    return isinstance(_cause(error), SSLError) and not is_untrusted(_cause(error))


def _reason(error: Exception) -> str:
    """Say what went wrong in words without the host: urllib3's own hold URLs."""
    from urllib3 import exceptions as known  # noqa: PLC0415 - already loaded

    cause = _cause(error)
    words: list[tuple[type[Exception], str]] = [
        (known.NameResolutionError, "the server's name is not known"),
        (known.NewConnectionError, "the server takes no connection"),
        (known.TimeoutError, "the server does not answer in time"),
        (known.SSLError, "the server's certificate is not trusted"),
        (known.ResponseError, "the server redirects for ever, or goes on failing"),
        (known.LocationValueError, "its address is not one"),
    ]
    return next((text for kind, text in words if isinstance(cause, kind)), "the connection broke")


def _cause(error: Exception) -> Exception:
    from urllib3.exceptions import MaxRetryError  # noqa: PLC0415 - already loaded

    return error.reason if isinstance(error, MaxRetryError) and error.reason else error
