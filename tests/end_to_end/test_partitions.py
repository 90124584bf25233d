"""AWS in China and for the US government: ARNs begin otherwise there, and nothing may assume that they do not."""

import json

import pytest

from tests.end_to_end.scene import Scene
from tests.standins.aws.server import DEFAULT_ACCOUNT

SETTINGS = ("share: ['444455556666']", "ssm: /layers/{layer}", "alias: live", "alarms: [errors]")


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_a_layer_lives_in_another_partition_with_no_more_rights_than_printed(
    scene: Scene, region: str, partition: str
) -> None:
    scene.configure(*SETTINGS, regions=region)
    here = scene.aws.region(region)
    here.alarms["errors"] = "OK"
    allow(scene, "publish")
    scene.run("publish", AWS_REGION=region)
    start = f"arn:{partition}:lambda:{region}:{DEFAULT_ACCOUNT}"
    assert here.parameters["/layers/parcel"]["Value"] == f"{start}:layer:parcel:1"
    scene.add_function("orders", "parcel:1", region=region, versions=1, aliases={"live": "1"})
    scene.checkout.lock_wheel("parcel", "parcel", "1.2.0")
    scene.checkout.commit("Raise parcel again")
    scene.run("publish", AWS_REGION=region)
    assert scene.layers("orders", region) == ["parcel:2"]
    assert here.functions["orders"].aliases["live"].version == "2"
    allow(scene, "rollback")
    scene.run("rollback", "parcel", AWS_REGION=region)
    assert scene.layers("orders", region) == ["parcel:1"]
    allow(scene, "status")
    assert "orders" in scene.run("status", AWS_REGION=region)
    allow(scene, "prune")
    said = scene.run("prune", "--keep", "1", "--json", AWS_REGION=region)
    assert "in use" in said
    assert not [call for call in scene.aws.calls if call.outcome.startswith("AccessDenied")]


def allow(scene: Scene, command: str) -> None:
    """Let the account allow what `iam` prints, and nothing else."""
    said = scene.run("iam", command, "--repository", "octo/shop")
    document, _ = json.JSONDecoder().raw_decode(said[said.index("{") :])
    assert "arn:aws:" not in json.dumps(document)
    scene.aws.permit_only(document["policy"])
