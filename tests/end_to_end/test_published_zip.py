"""What AWS holds after a publication is what pip would have installed, and carries its own lock."""

import base64
import hashlib
import io
import os
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from packaging.pylock import Pylock

from tests.end_to_end.checkout import Checkout
from tests.standins.interpreters import interpreter
from tests.standins.ministack import ACCOUNT, MinistackServer

pytestmark = pytest.mark.index

# pure and compiled wheels, transitive ones, a .data folder with scripts (charset-normalizer, idna)
_REQUIREMENTS = "requests==2.32.3\npydantic==2.11.1\n"
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_PIPS_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The newest version of the layer, downloaded back."""

    answer: dict[str, Any]
    content: bytes
    folder: Path

    def lock(self) -> dict[str, Any]:
        """Return the lock that the zip carries."""
        return tomllib.loads((self.folder / "lambda-layer" / "pylock.web.toml").read_text(encoding="utf-8"))


@pytest.fixture
def published(checkout: Checkout, aws: MinistackServer, tmp_path: Path) -> Published:
    checkout.write(".github/lambda-layers.yml", "runtimes: [python3.12]\nlayers:\n  web: layers/web/requirements.txt\n")
    checkout.write("layers/web/requirements.txt", _REQUIREMENTS)
    checkout.commit("Declare the layer")
    checkout.run("publish", "--yes")
    client: Any = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=aws.env["AWS_REGION"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
    )
    answer = client.get_layer_version(LayerName="web", VersionNumber=1)
    with urllib.request.urlopen(answer["Content"]["Location"], timeout=30) as download:
        content = download.read()
    folder = tmp_path / "opt"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    return Published(answer=answer, content=content, folder=folder)


def test_the_published_zip_is_pips_tree_and_carries_its_lock(published: Published, tmp_path: Path) -> None:
    told = published.answer["Content"]
    assert told["CodeSha256"] == base64.b64encode(hashlib.sha256(published.content).digest()).decode()
    assert told["CodeSize"] == len(published.content)
    assert published.answer["CompatibleRuntimes"] == ["python3.12"]

    lock = Pylock.from_dict(published.lock())
    lock.validate()
    pinned = [f"{package.name}=={package.version}" for package in lock.packages]
    assert {"requests==2.32.3", "pydantic==2.11.1"} <= set(pinned)
    assert "://" not in (published.folder / "lambda-layer" / "pylock.web.toml").read_text(encoding="utf-8")

    assert _tree(published.folder / "python") == _tree(_installed_by_pip(pinned, tmp_path / "pip"))
    _import_with_the_runtimes_python(published.folder / "python")


def _installed_by_pip(pinned: list[str], folder: Path) -> Path:
    platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
    command = [sys.executable, "-I", "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", *platforms]
    command += ["--python-version", "3.12", "--only-binary", ":all:", "--target", str(folder), *pinned]
    env = {name: value for name, value in os.environ.items() if name not in {"PIP_FIND_LINKS", "PIP_CONSTRAINT"}}
    subprocess.run(command, check=True, env={**env, "PIP_CONFIG_FILE": "/dev/null"})
    return folder


def _tree(folder: Path) -> dict[str, str]:
    """Return each file below a folder with its hash; what pip writes for itself, and scripts, left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in _PIPS_OWN and path.relative_to(folder).parts[0] != "bin"
    }


def _import_with_the_runtimes_python(folder: Path) -> None:
    python = interpreter("3.12")
    if python is None:
        return
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import pydantic, requests; print(pydantic.__file__)"
    done = subprocess.run([python, "-I", "-B", "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.startswith(str(folder))
