"""The proxy between this machine and a server, and the servers that need none, as uv, pip and requests read them."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from layer_action.errors import DownloadError
from layer_action.record import record

_KINDS: Final = ("http", "https")
_EVERYWHERE: Final = "*"


@record
class Proxy:
    """`variable` is the one that names it, `address` an URL; both are "" for a direct connection."""

    variable: str = ""
    address: str = ""


def proxy_for(env: Mapping[str, str], url: str) -> Proxy:
    """Return the proxy for a URL. Raises DownloadError for one of a kind that is not spoken to."""
    scheme = urlsplit(url).scheme
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY")
    variable = next((name for name in names if env.get(name)), "")
    if not variable or _needs_none(url, env.get("no_proxy") or env.get("NO_PROXY") or ""):
        return Proxy()
    address = env[variable] if "://" in env[variable] else f"http://{env[variable]}"
    if not _is_one(address):
        raise DownloadError(
            f"{variable} names no proxy by http: or https:, and no other is used.",
            hint="Write it as http://proxy.example:3128, or the host that needs none into NO_PROXY.",
        )
    return Proxy(variable=variable, address=address)


def _is_one(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in _KINDS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _needs_none(url: str, exempt: str) -> bool:
    """Tell whether a server is among those that are reached directly: by name, end of a name, port or network."""
    host, port = urlsplit(url).hostname or "", urlsplit(url).port
    names = (f".{host}", f".{host}:{port}")
    entries = [entry.strip().lstrip(".").lower() for entry in exempt.split(",")]
    return any(
        entry == _EVERYWHERE or any(name.endswith(f".{entry}") for name in names) or _holds(entry, host)
        for entry in filter(None, entries)
    )


def _holds(network: str, host: str) -> bool:
    from ipaddress import ip_address, ip_network  # noqa: PLC0415 - few machines have a proxy

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:  # a name
        return False
