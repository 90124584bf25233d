"""An index that asks for a login: everything works, and nothing that the action writes or prints holds the secret."""

import io
import os
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.end_to_end.checkout import Checkout
from tests.standins.certificates import Certificates, make_certificates
from tests.standins.git_server import make_repository, serving
from tests.standins.index import Index, running_index
from tests.standins.ministack import ACCOUNT, MinistackServer

SECRET = "hunter2-and-more"
CONFIG = """\
runtimes: [python3.12]
layers:
  shop: {requirements: layers/shop/requirements.txt, index-options: allow, build-from-source: [tax]}
"""
TAX = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tax"
version = "0.1"
"""
BACKEND = """\
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(wheel_directory, "tax-0.1-py3-none-any.whl"), "w") as archive:
        archive.writestr("tax.py", "rate = 0.2\\n")
        archive.writestr("tax-0.1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tax\\nVersion: 0.1\\n")
        archive.writestr("tax-0.1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr("tax-0.1.dist-info/RECORD", "")
    return "tax-0.1-py3-none-any.whl"
"""


@pytest.fixture
def index() -> Iterator[Index]:
    with running_index() as running:
        running.wheel("cart", "1.0", "till")
        running.wheel("till", "2.0")
        running.login = ("me", SECRET)
        yield running


Login = Callable[[Checkout, Index], dict[str, str]]


def run(checkout: Checkout, *arguments: str, env: dict[str, str], code: int = 0) -> str:
    return checkout.run(*arguments, "--verbose", code=code, **env)


def asks(checkout: Checkout, text: str) -> None:
    checkout.write("layers/shop/requirements.txt", text)


def in_the_address_of_the_index(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, "cart\n")
    return {"UV_DEFAULT_INDEX": index.url_with_login}


def in_uvs_own_variables(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, "cart\n")
    login = {"UV_INDEX_PRIVATE_USERNAME": "me", "UV_INDEX_PRIVATE_PASSWORD": SECRET}
    return {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/nothing", "UV_INDEX": f"private={index.url}", **login}


def in_netrc(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, "cart\n")
    netrc = checkout.root.parent / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login me password {SECRET}\n")
    netrc.chmod(0o600)
    return {"UV_DEFAULT_INDEX": index.url, "NETRC": str(netrc)}


def in_a_line_that_the_config_allows(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, f"--index-url http://me:${{TOKEN}}@127.0.0.1:{index.port}/simple\ncart\n")
    return {"TOKEN": SECRET}


def in_the_address_of_a_wheel(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, f"till @ http://me:${{TOKEN}}@127.0.0.1:{index.port}/files/till-2.0-py3-none-any.whl\n")
    return {"TOKEN": SECRET, "UV_DEFAULT_INDEX": index.url}


def keyring(checkout: Checkout, *services: str) -> str:
    """Put a program `keyring` that knows one password of each service first on the PATH; return that."""
    folder = checkout.root.parent / "bin"
    folder.mkdir()
    program = folder / "keyring"
    known = "|".join(f'"get {service} me"' for service in services)
    program.write_text(f'#!/bin/sh\ncase "$*" in {known}) echo "{SECRET}" ;; *) exit 1 ;; esac\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def in_uvs_keyring(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, "cart\n")
    path = keyring(checkout, f"127.0.0.1:{index.port}")
    address = index.url.replace("://", "://me@")
    return {"UV_DEFAULT_INDEX": address, "UV_KEYRING_PROVIDER": "subprocess", "PATH": path}


def in_pips_keyring(checkout: Checkout, index: Index) -> dict[str, str]:
    asks(checkout, "cart\n")
    path = keyring(checkout, f"127.0.0.1:{index.port}", index.url)
    address = index.url.replace("://", "://me@")
    return {"PIP_INDEX_URL": address, "UV_DEFAULT_INDEX": "", "PIP_KEYRING_PROVIDER": "import", "PATH": path}


WAYS = [
    in_uvs_keyring,
    in_pips_keyring,
    in_the_address_of_the_index,
    in_uvs_own_variables,
    in_netrc,
    in_a_line_that_the_config_allows,
    in_the_address_of_a_wheel,
]


@pytest.mark.parametrize("login", WAYS)
def test_a_private_index_serves_plan_build_and_publication_and_its_secret_is_nowhere(
    checkout: Checkout, aws: MinistackServer, index: Index, login: Login
) -> None:
    checkout.write(".github/lambda-layers.yml", CONFIG)
    env = login(checkout, index)
    checkout.commit("Declare the layer")
    said = run(checkout, "build", "--all", "--dir", "zips", env=env)
    said += run(checkout, "plan", "--out", "plan.json", env=env)
    # another machine, which knows only the plan
    env = {**env, "INPUT_CACHE-DIR": str(checkout.root.parent / "other-cache")}
    said += run(checkout, "publish", "--plan", "plan.json", "--yes", env=env)
    assert "python/till.py" in archived(aws)
    assert_secret_is_nowhere(checkout, said, aws)


def test_a_commit_of_a_private_repository_is_built_and_its_secret_is_nowhere(
    checkout: Checkout, aws: MinistackServer, tmp_path: Path
) -> None:
    make_repository(tmp_path / "hosted", {"pyproject.toml": TAX, "backend.py": BACKEND}, tag="v1")
    checkout.write(".github/lambda-layers.yml", CONFIG)
    with serving(tmp_path / "hosted", login=("me", SECRET)) as url:
        asks(checkout, f"tax @ git+{url.replace('://', '://me:${TOKEN}@')}@v1\n")
        checkout.commit("Declare the layer")
        said = checkout.run("plan", "--out", "plan.json", "--verbose", TOKEN=SECRET)
        said += checkout.run("publish", "--plan", "plan.json", "--yes", "--verbose", TOKEN=SECRET)
        assert "python/tax.py" in archived(aws)
        assert_secret_is_nowhere(checkout, said, aws)
        said = checkout.run("plan", "--upgrade", "all", code=3, TOKEN="wrong-" + SECRET)
    assert "layers/shop/requirements.txt:1: " in said
    assert "git ls-remote failed" in said
    assert "Give the login in the URL" in said
    assert SECRET not in said


def test_a_refused_login_is_told_without_it(checkout: Checkout, index: Index) -> None:
    checkout.write(".github/lambda-layers.yml", CONFIG)
    asks(checkout, f"--index-url http://me:wrong-{SECRET}@127.0.0.1:{index.port}/simple\ncart\n")
    checkout.commit("Declare the layer")
    said = checkout.run("build", "--all", code=3)
    assert "login" in said
    assert SECRET not in said


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def guarded(certificates: Certificates) -> Iterator[Index]:
    """Return an index that only those see who show a certificate."""
    with running_index(certificates.server_context(asks_client=True)) as running:
        running.wheel("cart", "1.0", "till")
        running.wheel("till", "2.0")
        yield running


UNSET = {"SSL_CERT_FILE": "", "PIP_CERT": "", "REQUESTS_CA_BUNDLE": ""}


@pytest.mark.parametrize("trust", ["SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("shown", ["SSL_CLIENT_CERT", "PIP_CLIENT_CERT"])
def test_an_index_behind_a_client_certificate_is_read_whichever_variable_names_it(
    checkout: Checkout, guarded: Index, certificates: Certificates, trust: str, shown: str
) -> None:
    checkout.write(".github/lambda-layers.yml", CONFIG)
    asks(checkout, "cart\n")
    checkout.commit("Declare the layer")
    env = {**UNSET, trust: str(certificates.authority), shown: str(certificates.client), **guarded.env()}
    run(checkout, "build", "--all", "--dir", "zips", env=env)
    with zipfile.ZipFile(checkout.root / "zips" / "shop.zip") as archive:
        assert "python/till.py" in archive.namelist()


def test_without_a_certificate_the_way_out_is_told(
    checkout: Checkout, guarded: Index, certificates: Certificates
) -> None:
    checkout.write(".github/lambda-layers.yml", CONFIG)
    asks(checkout, f"till @ {guarded.url.removesuffix('/simple')}/files/till-2.0-py3-none-any.whl\n")
    checkout.commit("Declare the layer")
    env = {**UNSET, "SSL_CERT_FILE": str(certificates.authority), **guarded.env()}
    said = " ".join(run(checkout, "build", "--all", env=env, code=3).split())
    assert "layers/shop/requirements.txt:1: " in said
    assert "certificate" in said


def archived(aws: MinistackServer) -> dict[str, bytes]:
    """Return the files of the published layer."""
    client: Any = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=aws.env["AWS_REGION"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
    )
    answer = client.get_layer_version(LayerName="shop", VersionNumber=1)
    with urllib.request.urlopen(answer["Content"]["Location"], timeout=30) as download:
        archive = zipfile.ZipFile(io.BytesIO(download.read()))
    return {name: archive.read(name) for name in archive.namelist()} | {"description": answer["Description"].encode()}


def assert_secret_is_nowhere(checkout: Checkout, said: str, aws: MinistackServer) -> None:
    assert SECRET not in said
    # the report, the summary, the comment, the journal, the plan file, zips with locks and manifest
    written = [path for folder in (".lambda-layer-action", "zips") for path in (checkout.root / folder).rglob("*")]
    for path in [*written, checkout.root / "plan.json"]:
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    assert not [name for name in archive.namelist() if SECRET.encode() in archive.read(name)]
    assert {path.name for path in written} >= {"journal.jsonl", "report.html", "summary.md"}
    assert not [name for name, content in archived(aws).items() if SECRET.encode() in content]
