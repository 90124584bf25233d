"""The strict stand-in as a program of its own, and callers that it kills."""

import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.standins.aws import faults
from tests.standins.aws.seed import zip_of
from tests.standins.aws.server import StrictAws

ROOT = Path(__file__).parents[2]


def test_it_runs_as_a_program_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.standins.aws", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        fault = b'{"call": "ListLayers", "kind": "refuse", "arguments": {"code": "ServiceException"}}'
        urllib.request.urlopen(f"{url}/_standin/fault", data=fault).close()
        client = boto3.client(
            "lambda",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="111122223333",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        )
        with pytest.raises(ClientError) as refused:
            client.list_layers()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert client.list_layers()["Layers"] == []
        client.close()
        with urllib.request.urlopen(f"{url}/_standin/calls") as answer:
            assert answer.read().count(b"ListLayers") == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


PUBLISHER = """
import sys, boto3
client = boto3.client("lambda", region_name="us-east-1", endpoint_url=sys.argv[1],
                      aws_access_key_id="111122223333", aws_secret_access_key="x")
client.publish_layer_version(LayerName="a", Content={"ZipFile": open(sys.argv[2], "rb").read()})
"""


@pytest.mark.parametrize(("when", "published"), [(faults.first, 0), (faults.then, 1)])
def test_a_caller_can_be_killed_before_and_after_its_call_is_done(
    aws: StrictAws, tmp_path: Path, when: Callable[[Callable[[], None]], faults.Fault], published: int
) -> None:
    (tmp_path / "a.zip").write_bytes(zip_of({"python/a.py": b"a = 1\n"}))
    (tmp_path / "publish.py").write_text(PUBLISHER)
    found: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        while not found:
            time.sleep(0.01)
        found[0].kill()
        found[0].wait()

    fault = when(kill)
    if not published:
        fault = faults.Fault(before=kill, done=False, drop=True)
    aws.fault("PublishLayerVersion", fault)
    arguments = [sys.executable, str(tmp_path / "publish.py"), aws.endpoint_url, str(tmp_path / "a.zip")]
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        found.append(process)
        assert process.wait(timeout=20) == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while not aws.calls and time.monotonic() < deadline:
        time.sleep(0.01)
    assert sum(len(layer.versions) for layer in aws.region().layers.values()) == published
