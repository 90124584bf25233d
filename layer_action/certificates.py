"""Certificates by their many names: pip, uv, requests, curl and git each have a variable of their own for one thing."""

import os
from collections.abc import Mapping
from typing import Final

from layer_action.errors import DownloadError

AUTHORITIES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
CLIENT: Final = ("SSL_CLIENT_CERT", "PIP_CLIENT_CERT")


def authorities(env: Mapping[str, str]) -> str:
    """Return the PEM file of the authorities to trust, "" for the machine's own. Raises DownloadError."""
    file = _first(env, AUTHORITIES)
    # uv would pass over it, and then say of each server that it is not trusted
    if file and not os.access(file, os.R_OK):
        raise DownloadError(
            f"The certificates in {file} cannot be read.",
            hint=f"Check {', '.join(AUTHORITIES)}: name a path from the checkout's top, for a container has only that.",
        )
    return file


def client_certificate(env: Mapping[str, str]) -> str:
    """Return the PEM file, certificate and key in one, by which a server knows us; "" for none."""
    return _first(env, CLIENT)


def for_uv(env: Mapping[str, str]) -> dict[str, str]:
    """Return both in uv's words. Raises DownloadError."""
    return _named(SSL_CERT_FILE=authorities(env), SSL_CLIENT_CERT=client_certificate(env))


def for_pip(file: str) -> dict[str, str]:
    """Return the authorities of a file in the words of pip, and of what it runs."""
    return dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), file)


def for_git(env: Mapping[str, str]) -> dict[str, str]:
    """Return both in git's words. Raises DownloadError."""
    client = client_certificate(env)
    return _named(GIT_SSL_CAINFO=authorities(env), GIT_SSL_CERT=client, GIT_SSL_KEY=client)


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the first path that is given, as programs that run in other folders understand it."""
    return next((os.path.abspath(env[name]) for name in names if env.get(name)), "")  # noqa: PTH100 - a text stays one


def _named(**found: str) -> dict[str, str]:
    return {name: value for name, value in found.items() if value}
