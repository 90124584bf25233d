"""The example's environments.yml, leg after leg as GitHub would run it, in two accounts."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.checkout import ROOT
from tests.end_to_end.scene import EAST, Scene
from tests.standins.command_files import parse_command_file

SHOP = ROOT / "examples" / "shop" / ".github"
WORKFLOW: Mapping[str, Any] = yaml.safe_load((SHOP / "workflows" / "environments.yml").read_text(encoding="utf-8"))
ENVIRONMENTS: dict[str, dict[str, str]] = yaml.safe_load((SHOP / "lambda-layers.yml").read_text(encoding="utf-8"))[
    "environments"
]
FIRST = "111122223333"  # where the scene has published 1.0.0


@pytest.fixture
def two(scene: Scene) -> Scene:
    """Both accounts have version 1.0.0 and a function on it; the config has the example's environments."""
    scene.configure(top=f"environments: {json.dumps(ENVIRONMENTS)}\n")
    version = scene.aws.region().layers["parcel"].versions[1]
    for account in accounts():
        arn = version.arn
        if account != FIRST:
            arn = scene.aws.add_layer_version(
                "parcel",
                content=scene.aws.world.blobs[version.blob],
                description=version.description,
                runtimes=version.runtimes,
                architectures=version.architectures,
                account=account,
            )
        scene.aws.add_function("orders", layers=[arn], account=account)
    return scene


def accounts() -> list[str]:
    """Return the accounts in the order of the workflow's legs."""
    return [ENVIRONMENTS[name]["account"] for name in legs()]


def legs() -> list[str]:
    strategy = WORKFLOW["jobs"]["publish"]["strategy"]
    assert strategy["max-parallel"] == 1, "one after the other"
    assert strategy["fail-fast"] is True, "what fails in the first never reaches the second"
    return list(strategy["matrix"]["environment"])


def run_legs(scene: Scene, folder: Path, logged_in: Mapping[str, str] | None = None) -> Iterator[tuple[str, str, int]]:
    """Run each leg's step of ours until one fails; yield environment, log and exit code.

    `logged_in` says in which account configure-aws-credentials leaves a leg, by environment: that of the config, if all
    is set up as it should.
    """
    step = next(step for step in WORKFLOW["jobs"]["publish"]["steps"] if "lambda-layer-action" in step["uses"])
    for leg in legs():
        account = (logged_in or {}).get(leg) or ENVIRONMENTS[leg]["account"]
        runner = runner_files(scene, folder / leg)
        told = {key: value.replace("${{ matrix.environment }}", leg) for key, value in step["with"].items()}
        given = {f"INPUT_{key.upper()}": value for key, value in told.items()}
        scene.checkout.env = {**scene.aws.env(account=account), "INPUT_CACHE-DIR": str(scene.cache)}
        process = scene.checkout.start(**runner, **given)
        said, _ = process.communicate(timeout=120)
        yield leg, said, process.returncode
        if process.returncode:
            return


def runner_files(scene: Scene, folder: Path) -> dict[str, str]:
    folder.mkdir()
    event = {"repository": {"full_name": "octo/shop", "default_branch": "main"}, "ref": "refs/heads/main"}
    (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
    for name in ("output", "summary"):
        (folder / name).touch()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": "octo/shop",
        "GITHUB_SHA": scene.checkout.git("rev-parse", "HEAD"),
        "GITHUB_WORKSPACE": str(scene.checkout.root),
    }


def published(scene: Scene, account: str) -> list[str]:
    versions = scene.aws.region(EAST, account).layers["parcel"].versions
    return [versions[number].description.partition(" ")[0] for number in sorted(versions)]


def on(scene: Scene, account: str) -> str:
    return scene.aws.layers_of("orders", account=account)[0].rpartition("layer:")[2]


def test_each_leg_publishes_in_the_account_of_its_environment(two: Scene, tmp_path: Path) -> None:
    ran = list(run_legs(two, tmp_path))
    assert [(leg, code) for leg, _, code in ran] == [("staging", 0), ("production", 0)], ran
    for account in accounts():
        assert published(two, account) == ["1.0.0", "1.1.0"]
        assert on(two, account) == "parcel:2"
    for leg in legs():
        outputs = parse_command_file((tmp_path / leg / "output").read_text(encoding="utf-8"))
        assert json.loads(outputs["functions"])["moved"] == ["orders"]
        assert "1 version published, 1 function moved" in (tmp_path / leg / "summary").read_text(encoding="utf-8")
        assert not any(account in outputs["layers"] for account in accounts())


def test_what_fails_in_staging_never_reaches_production(two: Scene, tmp_path: Path) -> None:
    two.aws.world.failing_updates.append(("orders", ":layer:parcel:2", "It does not start."))
    ran = list(run_legs(two, tmp_path))
    assert [(leg, code) for leg, _, code in ran] == [("staging", 6)], ran
    staging, production = accounts()
    assert (published(two, staging), on(two, staging)) == (["1.0.0", "1.1.0"], "parcel:1")
    assert (published(two, production), on(two, production)) == (["1.0.0"], "parcel:1")


def test_a_leg_that_is_logged_in_to_the_other_account_ends_before_anything_is_read(two: Scene, tmp_path: Path) -> None:
    staging, production = accounts()
    before = len(two.aws.calls)
    ((leg, said, code),) = run_legs(two, tmp_path, {"staging": production})
    assert (leg, code) == ("staging", 2), said
    assert f"belong to account {production}; the config expects {staging}" in said
    assert {call.operation for call in two.aws.calls[before:]} <= {"GetCallerIdentity"}
    assert published(two, production) == ["1.0.0"]
