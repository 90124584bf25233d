"""Kill -9 at any request of a publication, then run again: the same final state as without the kill."""

import io
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
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
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"
_FUNCTIONS = {  # by name: what each holds, in order; `parcel` is ours
    "orders": ("vendor", "parcel", "metrics"),
    "labels": ("parcel",),
    "refunds": ("parcel-old", "parcel"),
    "returns": ("vendor",),
}


@dataclass(slots=True, kw_only=True)
class Account:
    """The state that a run starts from, and what is looked at afterwards."""

    client: Any
    first: dict[str, Any] = field(default_factory=dict)

    def remember_first(self) -> None:
        """Keep the first version as our tool published it, to publish it again in the next round."""
        answer = self.client.get_layer_version(LayerName="parcel", VersionNumber=1)
        self.first = {name: answer[name] for name in ("Description", "CompatibleRuntimes", "CompatibleArchitectures")}

    def prepare(self, zip_of_first: bytes) -> None:
        """Publish the first version and everybody else's layers, and create the functions."""
        arns = {name: self._layer(name, _zip()) for name in ("vendor", "metrics", "parcel-old")}
        arns["parcel"] = self._layer("parcel", zip_of_first, **self.first)
        for name, layers in _FUNCTIONS.items():
            self.client.create_function(
                FunctionName=name,
                Role=_ROLE,
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
                name: [layer["Arn"] for layer in function["Configuration"].get("Layers", [])]
                for name, function in functions.items()
            },
            "tags": {name: function.get("Tags", {}) for name, function in functions.items()},
        }


def _zip(name: str = "python/other.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "def handler(event, context):\n    return event\n")
    return buffer.getvalue()


@pytest.fixture
def account(aws: MinistackServer) -> Account:
    return Account(
        client=boto3.client(
            "lambda",
            endpoint_url=aws.endpoint_url,
            region_name=aws.env["AWS_REGION"],
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="secret",
        )
    )


@pytest.fixture
def proxy(aws: MinistackServer) -> Iterator[Recorder]:
    with recorded(aws.endpoint_url) as recorder:
        yield recorder


@pytest.mark.parametrize("moment", Moment)
def test_a_killed_publication_is_completed_by_the_next(
    checkout: Checkout, aws: MinistackServer, account: Account, proxy: Recorder, moment: Moment
) -> None:
    checkout.write(".github/lambda-layers.yml", _CONFIG)
    checkout.lock_wheel("parcel", "parcel", "1.0.0")
    checkout.commit("Declare the layer")
    checkout.run("publish", "--yes")
    account.remember_first()
    first = _download(account)
    checkout.lock_wheel("parcel", "parcel", "1.1.0")
    checkout.commit("Raise parcel")
    checkout.env = {**checkout.env, "AWS_ENDPOINT_URL": proxy.address}

    aws.reset()
    account.prepare(first)
    proxy.clear()
    checkout.run("publish", "--yes")
    wanted = account.state()
    calls = len(proxy.calls)
    assert [number for number, _ in wanted["versions"]] == [2, 1]  # type: ignore[attr-defined]

    for number in _interesting(proxy.calls):
        aws.reset()
        account.prepare(first)
        _run_and_kill(checkout, proxy, number, moment=moment)
        checkout.run("publish", "--yes")
        assert account.state() == wanted, f"killed at request {number} of {calls}"


def _interesting(calls: list[Call]) -> list[int]:
    """Return each write, and the reads right before and after one: in between nothing can change."""
    writes = {number for number, call in enumerate(calls) if call.writes}
    return sorted(number for number in range(len(calls)) if {number - 1, number, number + 1} & writes)


def _run_and_kill(checkout: Checkout, proxy: Recorder, number: int, *, moment: Moment) -> None:
    started: list[subprocess.Popen[str]] = []

    def drop(at: int, now: Moment) -> bool:
        if at < number or now is not moment:
            return at > number
        started[0].kill()
        return True

    proxy.clear()
    proxy.drop = drop
    started.append(checkout.start("publish", "--yes"))
    started[0].communicate(timeout=60)
    proxy.drop = None


def _download(account: Account) -> bytes:
    location = account.client.get_layer_version(LayerName="parcel", VersionNumber=1)["Content"]["Location"]
    with urllib.request.urlopen(location, timeout=10) as answer:
        return bytes(answer.read())
