"""Kill -9 at any request of a publication, then run again: the same final state as without the kill."""

import io
import shutil
import signal
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from examples.demo.proxy import Call, Moment, Recorder, recorded
from tests.end_to_end.checkout import Checkout
from tests.standins.ministack import ACCOUNT, MinistackServer

if TYPE_CHECKING:
    import subprocess

_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: layers/parcel/pylock.toml
"""
_FUNCTIONS = {  # by name: what each holds, in order; `parcel` is ours
    "orders": ("vendor", "parcel", "metrics"),
    "labels": ("parcel",),
    "refunds": ("parcel-old", "parcel"),
    "returns": ("vendor",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The version that our tool published before: every round starts from it."""

    content: bytes
    described: dict[str, Any]


class Account:
    """One AWS account, empty at first. Accounts do not see one another, so rounds run side by side."""

    def __init__(self, aws: MinistackServer, number: str) -> None:
        self.number = number
        self.env = aws.env_for(account=number)
        self.client: Any = boto3.client(
            "lambda",
            endpoint_url=aws.endpoint_url,
            region_name=self.env["AWS_REGION"],
            aws_access_key_id=number,
            aws_secret_access_key="secret",
        )

    def first(self) -> First:
        """Download the first version."""
        answer = self.client.get_layer_version(LayerName="parcel", VersionNumber=1)
        kept = ("Description", "CompatibleRuntimes", "CompatibleArchitectures")
        with urllib.request.urlopen(answer["Content"]["Location"], timeout=10) as download:
            return First(content=download.read(), described={name: answer[name] for name in kept})

    def prepare(self, first: First) -> None:
        """Publish the first version and everybody else's layers, and create the functions."""
        arns = {name: self._layer(name, _zip()) for name in ("vendor", "metrics", "parcel-old")}
        arns["parcel"] = self._layer("parcel", first.content, **first.described)
        for name, layers in _FUNCTIONS.items():
            self.client.create_function(
                FunctionName=name,
                Role=f"arn:aws:iam::{self.number}:role/shop",
                Runtime="python3.12",
                Handler="app.handler",
                Code={"ZipFile": _zip("app.py")},
                Layers=[arns[layer] for layer in layers],
            )
        for name in _FUNCTIONS:
            self.client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})

    def _layer(self, name: str, content: bytes, **more: Any) -> str:
        arn = self.client.publish_layer_version(LayerName=name, Content={"ZipFile": content}, **more)["LayerVersionArn"]
        return str(arn)

    def state(self) -> dict[str, object]:
        """Return what must be the same, killed or not: the versions, each function's layers and tags."""
        versions = self.client.list_layer_versions(LayerName="parcel")["LayerVersions"]
        functions = {name: self.client.get_function(FunctionName=name) for name in _FUNCTIONS}
        return {
            "versions": [(version["Version"], version["Description"]) for version in versions],
            "layers": {
                name: [layer["Arn"].partition(":layer:")[2] for layer in function["Configuration"].get("Layers", [])]
                for name, function in functions.items()
            },
            "tags": {name: function.get("Tags", {}) for name, function in functions.items()},
        }


@pytest.fixture
def first(checkout: Checkout, aws: MinistackServer) -> First:
    """Publish version 1.0.0 of the layer, and leave the checkout at a commit that asks for 1.1.0."""
    checkout.write(".github/lambda-layers.yml", _CONFIG)
    checkout.lock_wheel("parcel", "parcel", "1.0.0")
    checkout.commit("Declare the layer")
    checkout.run("publish", "--yes")
    checkout.lock_wheel("parcel", "parcel", "1.1.0")
    checkout.commit("Raise parcel")
    return Account(aws, ACCOUNT).first()


def test_a_killed_publication_is_completed_by_the_next(
    checkout: Checkout, aws: MinistackServer, first: First, tmp_path: Path
) -> None:
    def play(number: int, moment: Moment | None) -> tuple[dict[str, object], list[Call]]:
        """Publish in an account of its own, killed at a request (or not), and once more; return the final state."""
        name = f"{number}-{moment.name if moment else 'undisturbed'}"
        account = Account(aws, f"{5 if moment is Moment.ARRIVED else 6}{number:011}")
        copy = Checkout(root=tmp_path / name)
        shutil.copytree(checkout.root, copy.root)
        account.prepare(first)
        with recorded(aws.endpoint_url) as proxy:
            copy.env = {**checkout.env, **account.env, "AWS_ENDPOINT_URL": proxy.address}
            if moment:
                killed.append(_run_and_kill(copy, proxy, number, moment))
            copy.run("publish", "--yes")
            return account.state(), proxy.calls

    killed: list[int] = []
    wanted, calls = play(0, None)
    assert [number for number, _ in wanted["versions"]] == [2, 1]  # type: ignore[attr-defined]
    writes = [number for number, call in enumerate(calls) if call.writes]  # between two of them nothing changes
    rounds = [(number, moment) for number in writes for moment in Moment]
    with ThreadPoolExecutor(6) as pool:
        played = dict(zip(rounds, pool.map(lambda one: play(*one), rounds), strict=True))
    # a run that polls once less may end before the last of these requests
    assert killed.count(-signal.SIGKILL) >= len(rounds) - 2 >= len(_FUNCTIONS)
    assert {one: state for one, (state, _) in played.items() if state != wanted} == {}


def _run_and_kill(checkout: Checkout, proxy: Recorder, number: int, moment: Moment) -> int:
    """Run, killed at that request; return the exit code."""
    started: list[subprocess.Popen[str]] = []

    def drop(at: int, now: Moment) -> bool:
        if at < number or now is not moment:
            return at > number
        started[0].kill()
        return True

    proxy.drop = drop
    started.append(checkout.start("publish", "--yes"))
    started[0].communicate(timeout=60)
    proxy.drop = None
    return started[0].returncode


def _zip(name: str = "python/other.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "def handler(event, context):\n    return event\n")
    return buffer.getvalue()
