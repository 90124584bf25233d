"""A compiled project of the repository: planned once, built on a machine of each architecture, published once."""

import io
import json
import shutil
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from layer_action.build.sources.built import BuiltWheels, wanted_by
from layer_action.build.sources.wanted import BuiltWheel
from layer_action.formats import planfile
from layer_action.model.lock import Source
from layer_action.model.target import Architecture
from tests.end_to_end.checkout import Checkout
from tests.standins.elf import AARCH64, X86_64, make_elf
from tests.standins.ministack import ACCOUNT, MinistackServer
from tests.standins.wheels import make_wheel, wheel_filename

_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64, arm64]
layers:
  native: {name: "native-{architecture}", requirements: layers/native/requirements.txt}
"""
# it has a wheel for the machine that it is built on, as a compiler would: the one of this test is an x86_64
_BACKEND = f"""\
import os, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(os.path.join(wheel_directory, "native-1.0-cp312-cp312-linux_x86_64.whl"), "w") as archive:
        archive.writestr("native.so", {make_elf(X86_64)!r})
        archive.writestr("native-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: native\\nVersion: 1.0\\n")
        archive.writestr(
            "native-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: cp312-cp312-linux_x86_64\\n",
        )
        archive.writestr("native-1.0.dist-info/RECORD", "")
    return "native-1.0-cp312-cp312-linux_x86_64.whl"
"""


@pytest.fixture
def shop(checkout: Checkout) -> Checkout:
    checkout.write(".github/lambda-layers.yml", _CONFIG)
    checkout.write("layers/native/requirements.txt", "./libs/native\n")
    checkout.write(
        "libs/native/pyproject.toml", '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    checkout.write("libs/native/backend.py", _BACKEND)
    checkout.commit("Declare the layer")
    return checkout


def leg(shop: Checkout, architecture: str, cache: Path, code: int = 0) -> str:
    """Build one leg of the plan."""
    options = ["--plan-file", "plan.json", "--layers", "native", "--runtimes", "python3.12"]
    return shop.run("build", *options, "--architectures", architecture, "--cache-dir", str(cache), code=code)


def leg_on_arm(shop: Checkout, cache: Path) -> None:
    """Leave what the same command leaves on a machine that this one is not."""
    plan = planfile.decode((shop.root / "plan.json").read_bytes(), root=shop.root)
    [content] = [one.content for one in plan.publications if one.content.targets[0].architecture is Architecture.ARM64]
    [found] = content.lock.distributions
    assert isinstance(found.origin, Source)
    tags = "cp312-cp312-linux_aarch64"
    wheel = cache / wheel_filename("native", "1.0", tags)
    cache.mkdir()
    wheel.write_bytes(make_wheel("native", "1.0", {"native.so": make_elf(AARCH64)}, tags=tags))
    BuiltWheels(cache).keep(found.origin, wanted_by(content, found), BuiltWheel(path=wheel, python="3.12"))


def published(aws: MinistackServer) -> dict[str, bytes]:
    """Return the compiled module of each layer that AWS holds."""
    client: Any = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint_url,
        region_name=aws.env["AWS_REGION"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
    )
    found = {}
    for layer in client.list_layers()["Layers"]:
        answer = client.get_layer_version(LayerName=layer["LayerName"], VersionNumber=1)
        with urllib.request.urlopen(answer["Content"]["Location"], timeout=30) as download:
            content = io.BytesIO(download.read())
        with zipfile.ZipFile(content) as archive:
            found[layer["LayerName"]] = archive.read("python/native.so")
    return found


def test_legs_build_what_the_plan_says_and_publish_splices_it(
    shop: Checkout, aws: MinistackServer, tmp_path: Path
) -> None:
    shop.run("plan", "--out", "plan.json")
    leg(shop, "x86_64", tmp_path / "x86")
    leg_on_arm(shop, tmp_path / "arm")
    cache = tmp_path / "publish"
    for folder in ("x86", "arm"):
        shutil.copytree(tmp_path / folder / "built", cache / "built", dirs_exist_ok=True)
    shop.run("publish", "--yes", "--plan", "plan.json", "--cache-dir", str(cache))
    assert published(aws) == {"native-x86_64": make_elf(X86_64), "native-arm64": make_elf(AARCH64)}


def test_a_leg_builds_its_share_and_says_nothing_of_the_others(
    shop: Checkout, tmp_path: Path, aws: MinistackServer
) -> None:
    shop.run("plan", "--out", "plan.json")
    leg(shop, "x86_64", tmp_path / "x86")
    manifest = json.loads((shop.root / ".lambda-layer-action/build/manifest.json").read_bytes())
    assert [row["name"] for row in manifest["artifacts"]] == ["native-x86_64"]
    assert published(aws) == {}


def test_a_leg_on_the_wrong_machine_and_a_publication_without_a_leg_say_what_to_do(
    shop: Checkout, aws: MinistackServer, tmp_path: Path
) -> None:
    shop.run("plan", "--out", "plan.json")
    told = [
        leg(shop, "arm64", tmp_path / "x86", code=3),
        shop.run("publish", "--yes", "--plan", "plan.json", "--cache-dir", str(tmp_path / "none"), code=3),
    ]
    for text in (" ".join(each.split()) for each in told):
        assert "native-1.0-cp312-cp312-linux_x86_64.whl does not run on 3.12 arm64" in text
        assert "build it on Python 3.12 and arm64: run `build` there with a `cache-dir`" in text
    assert published(aws) == {}


def test_a_leg_of_another_commit_is_refused(shop: Checkout, tmp_path: Path) -> None:
    shop.run("plan", "--out", "plan.json")
    shop.commit("Something else")
    assert "The plan is of commit" in leg(shop, "x86_64", tmp_path / "x86", code=2)
