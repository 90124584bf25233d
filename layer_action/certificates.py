"""Certificates by their many names: pip, uv, requests, curl and git each have a variable of their own for one thing."""

from collections.abc import Mapping
from typing import Final

AUTHORITIES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "CURL_CA_BUNDLE")
CLIENT: Final = ("SSL_CLIENT_CERT", "PIP_CLIENT_CERT")


def authorities(env: Mapping[str, str]) -> str:
    """Return the PEM file of the authorities to trust, "" for the machine's own."""
    return _first(env, AUTHORITIES)


def client_certificate(env: Mapping[str, str]) -> str:
    """Return the PEM file, certificate and key in one, by which a server knows us; "" for none."""
    return _first(env, CLIENT)


def for_uv(env: Mapping[str, str]) -> dict[str, str]:
    """Return both in uv's words."""
    return _named(SSL_CERT_FILE=authorities(env), SSL_CLIENT_CERT=client_certificate(env))


def for_pip(file: str) -> dict[str, str]:
    """Return the authorities of a file in the words of pip, and of what it runs."""
    return dict.fromkeys(("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), file)


def for_git(env: Mapping[str, str]) -> dict[str, str]:
    """Return both in git's words."""
    client = client_certificate(env)
    return _named(GIT_SSL_CAINFO=authorities(env), GIT_SSL_CERT=client, GIT_SSL_KEY=client)


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((env[name] for name in names if env.get(name)), "")


def _named(**found: str) -> dict[str, str]:
    return {name: value for name, value in found.items() if value}
