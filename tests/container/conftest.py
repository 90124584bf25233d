"""The action's image, and a job that runs it on a checkout as GitHub's own runner does."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.acted import WORKFLOWS, ActRunner, copy_action, name_image, one_at_a_time
from tests.container.hosted import ROOT, HostedRunner
from tests.container.job import Job
from tests.end_to_end.checkout import Checkout
from tests.end_to_end.conftest import aws, running_aws  # noqa: F401 - fixtures
from tests.standins.github.records import Token
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import MinistackServer


def why_no_engine() -> str:
    """Return why no container can be run here, or ""."""
    if shutil.which("docker") is None:
        return "there is no `docker` on PATH"
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    return "" if asked.returncode == 0 else "no container engine answers"


@pytest.fixture(scope="session")
def engine() -> None:
    if reason := why_no_engine():
        if "container" in os.environ.get("LAMBDA_LAYER_ACTION_REQUIRE", ""):
            pytest.fail(f"{reason}, and LAMBDA_LAYER_ACTION_REQUIRE asks for one")
        pytest.skip(reason)


@pytest.fixture(scope="session")
def image(engine: None) -> str:  # noqa: ARG001 - a fixture for its effect
    name = "lambda-layer-action:under-test"
    base = os.environ.get("BASE_IMAGE")
    choice = ["--build-arg", f"BASE_IMAGE={base}"] if base else []
    with one_at_a_time("image"):  # the second worker finds all in the engine's cache
        built = subprocess.run(
            ["docker", "build", "--quiet", "--tag", name, *choice, "."],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert built.returncode == 0, built.stderr
    return name


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        running.tokens["of the job"] = Token()
        yield running


@pytest.fixture
def job(image: str, tmp_path: Path, aws: MinistackServer, hub: FakeGitHub) -> Job:  # noqa: F811 - the fixture
    """A job of the repository octo/shop, whose layer `parcel` holds one wheel; AWS is empty."""
    origin = Checkout(root=tmp_path / "origin")
    origin.write(
        ".github/lambda-layers.yml",
        "runtimes: [python3.12]\narchitectures: [x86_64]\nlayers:\n  parcel: layers/parcel/pylock.toml\n",
    )
    origin.lock_wheel("parcel", "parcel", "1.0.0")
    origin.commit("Declare the layer")
    runner = HostedRunner(image=image, folder=tmp_path / "runner", env=dict(aws.env), repository="octo/shop")
    return Job(origin=origin, runner=runner, hub=hub, aws=aws)


@pytest.fixture(scope="session")
def action(image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - act then builds from its layers
    """The action as act builds it."""
    return copy_action(tmp_path_factory.mktemp("action"))


@pytest.fixture
def workflow_job(job: Job, image: str, tmp_path: Path) -> Job:
    """The same repository with the workflows of examples/shop, which act plays with the image that is built already."""
    for file in WORKFLOWS.iterdir():
        job.origin.write(f".github/workflows/{file.name}", file.read_bytes())
    job.origin.commit("Add the workflows")
    folder = tmp_path / "action"
    folder.mkdir()
    action = name_image(folder, image)
    job.runner = ActRunner(action=action, folder=tmp_path / "act", env=dict(job.aws.env), hub=job.hub)
    return job
