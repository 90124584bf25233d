"""Whom the one GET trusts, and what it shows of itself."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from layer_action.certificates import for_git, for_uv
from layer_action.errors import DownloadError
from layer_action.pools import Pools
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


@pytest.mark.parametrize("told", [for_uv, for_git])
def test_no_program_is_told_of_certificates_that_cannot_be_read(
    tmp_path: Path, told: Callable[[Mapping[str, str]], object]
) -> None:
    with pytest.raises(DownloadError, match=r"The certificates in .* cannot be read"):
        told({"PIP_CERT": str(tmp_path / "none.pem")})


def test_a_relative_path_means_the_same_to_programs_that_run_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.pem").touch()
    monkeypatch.chdir(tmp_path)
    found = for_uv({"SSL_CERT_FILE": "ours.pem", "SSL_CLIENT_CERT": "ours.pem"})
    assert set(found.values()) == {str(tmp_path / "ours.pem")}


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


def test_an_authority_is_trusted_whatever_else_its_certificate_lacks(certificates: Certificates) -> None:
    pool = Pools({"SSL_CERT_FILE": str(certificates.authority)}).to("https://127.0.0.1:9/")
    context = pool.connection_pool_kw["ssl_context"]
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_client_certificate_that_cannot_be_used_is_an_error(certificates: Certificates) -> None:
    with pytest.raises(DownloadError, match=r"client certificate .* cannot be used"):
        quick({"SSL_CLIENT_CERT": str(certificates.authority)}).get("https://127.0.0.1:9/x")
