"""Whom the one GET trusts, and what it shows of itself."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.errors import DownloadError
from tests.standins.certificates import Certificates, make_certificates
from tests.standins.index import running_index
from tests.unit.getting import quick


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def guarded(certificates: Certificates) -> Iterator[str]:
    with running_index(certificates.server_context(asks_client=True)) as index:
        index.wheel("cart", "1.0")
        yield f"{index.url}/cart/"


def test_certificates_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"The certificates in .* cannot be read"):
        quick({"SSL_CERT_FILE": str(tmp_path / "none.pem")}).get("https://127.0.0.1:9/")


@pytest.mark.parametrize("name", ["SSL_CLIENT_CERT", "PIP_CLIENT_CERT"])
def test_a_client_certificate_is_shown(guarded: str, certificates: Certificates, name: str) -> None:
    trusted = {"SSL_CERT_FILE": str(certificates.authority), "NO_PROXY": "127.0.0.1"}
    assert b"cart-1.0" in quick({**trusted, name: str(certificates.client)}).get(guarded)


def test_without_a_client_certificate_the_way_out_is_told(certificates: Certificates) -> None:
    context = certificates.server_context(asks_client=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones tell it after the handshake, or never
    trusted = {"SSL_CERT_FILE": str(certificates.authority), "NO_PROXY": "127.0.0.1"}
    with (
        running_index(context) as index,
        pytest.raises(DownloadError, match="breaks the secure connection off") as caught,
    ):
        quick(trusted).get(index.url)
    assert "SSL_CLIENT_CERT" in caught.value.hint


def test_a_server_of_an_unknown_authority_is_not_trusted(guarded: str, certificates: Certificates) -> None:
    with pytest.raises(DownloadError, match="certificate is not trusted"):
        quick({"SSL_CERT_FILE": str(certificates.client), "NO_PROXY": "127.0.0.1"}).get(guarded)


def test_a_client_certificate_that_cannot_be_used_is_an_error(certificates: Certificates) -> None:
    with pytest.raises(DownloadError, match=r"client certificate .* cannot be used"):
        quick({"SSL_CLIENT_CERT": str(certificates.authority)}).get("https://127.0.0.1:9/x")
