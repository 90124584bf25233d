"""What AWS, or a config that speaks of AWS, can hold against a run: exit code, sentence, and nothing half done."""

import os

import pytest

from tests.end_to_end.scene import EAST, WEST, Scene
from tests.standins.aws import faults
from tests.standins.aws.state import BucketRecord
from tests.standins.wheels import make_wheel

ACCOUNT = "111122223333"
KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def test_without_credentials_the_run_says_how_to_log_in(scene: Scene) -> None:
    nowhere = {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_CONFIG_FILE": "/nonexistent"}
    said = scene.run("publish", code=2, **KEYS, **nowhere)
    assert "AWS_PROFILE" in said
    assert scene.written == []


def test_expired_credentials_change_nothing(scene: Scene) -> None:
    scene.aws.world.expired.add("*")
    said = scene.run("publish", code=4)
    assert "expired" in said
    assert "Run the job again for a new session" in said
    assert scene.written == []


def test_credentials_that_expire_on_the_way_are_told_as_half_done_and_the_next_run_ends_it(scene: Scene) -> None:
    for name in ("labels", "orders", "refunds"):
        scene.add_function(name, "parcel:1")
    expire = faults.then(lambda: scene.aws.world.expired.add("*"))
    scene.aws.fault("UpdateFunctionConfiguration", expire)
    said = scene.run("publish", code=6)
    assert "expired" in said
    assert "parcel:2" in said
    assert scene.tags("labels") == {}
    scene.aws.world.expired.clear()
    scene.run("publish")
    assert {tuple(scene.layers(name)) for name in ("labels", "orders", "refunds")} == {("parcel:2",)}
    assert scene.numbers() == [1, 2]


def test_a_region_that_the_account_has_not_enabled_is_named_as_a_cause(scene: Scene) -> None:
    refusal = faults.refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
    scene.aws.fault("GetCallerIdentity", refusal, times=9)
    said = scene.run("publish", code=4)
    assert "whether the account has enabled this region" in said
    assert scene.written == []


def test_a_function_of_another_region_stays(scene: Scene) -> None:
    scene.aws.add_layer_version("parcel", region=WEST)
    scene.add_function("orders", "parcel:1", region=WEST)
    scene.run("publish")
    assert scene.layers("orders", WEST) == ["parcel:1"]
    assert {call.region for call in scene.written} == {EAST}


def test_a_layer_name_that_aws_refuses_is_found_before_anything_is_asked(scene: Scene) -> None:
    scene.configure("name: par.cel")
    said = scene.run("publish", code=2)
    assert "lambda-layers.yml:7" in said
    assert "A layer name has letters, digits, dashes, underscores" in said
    assert scene.aws.calls == [] or {call.operation for call in scene.aws.calls} == {"GetCallerIdentity"}


def test_a_licence_that_is_too_long_is_found_before_anything_is_asked(scene: Scene) -> None:
    scene.configure(f"license: '{'x' * 600}'")
    said = scene.run("publish", code=2)
    assert "lambda-layers.yml:7: error: `license` has 600 characters" in said
    assert scene.written == []


def test_a_description_is_never_too_long(scene: Scene) -> None:
    names = [f"a-package-with-a-rather-long-name-{number:02}" for number in range(40)]
    wheels = {(name, "1.0.0"): make_wheel(name, "1.0.0", {f"m{name[-2:]}.py": ""}) for name in names}
    scene.checkout.lock_wheels("parcel", wheels)
    scene.checkout.commit("Take forty packages")
    scene.run("publish")
    description = scene.aws.region().layers["parcel"].versions[2].description
    assert len(description) <= 256
    assert "d1:" in description


def test_an_alarm_that_does_not_exist_stops_everything_before_it_begins(scene: Scene) -> None:
    scene.configure("alarms: [errors]")
    scene.add_function("orders", "parcel:1")
    said = scene.run("publish", code=4)
    assert "There is no CloudWatch alarm named errors in us-east-1" in said
    assert "Correct the key alarms" in said
    assert scene.written == []


def test_an_alarm_that_is_firing_stops_everything_before_it_begins(scene: Scene) -> None:
    scene.configure("alarms: [errors]")
    scene.aws.region().alarms["errors"] = "ALARM"
    scene.add_function("orders", "parcel:1")
    scene.run("publish", code=4)
    assert scene.written == []


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """A wheel of which 46 MiB stay when it is compressed: so much goes through S3."""
    return make_wheel("parcel", "1.1.0", {"parcel.bin": os.urandom(46 << 20)})


def bring(scene: Scene, heavy: bytes, bucket: str) -> None:
    """Let the layer hold the heavy wheel, and go through a bucket."""
    scene.checkout.lock_wheels("parcel", {("parcel", "1.1.0"): heavy})
    scene.configure(f"s3-bucket: {bucket}")


def add_bucket(scene: Scene, name: str, region: str = EAST, account: str = ACCOUNT) -> BucketRecord:
    """Make a bucket."""
    bucket = BucketRecord(name=name, region=region, account=account)
    scene.aws.world.buckets[name] = bucket
    return bucket


def test_a_heavy_zip_goes_through_the_bucket_of_its_region(scene: Scene, heavy: bytes) -> None:
    bring(scene, heavy, "zips-{region}")
    bucket = add_bucket(scene, f"zips-{EAST}")
    scene.run("publish")
    (key,) = bucket.objects
    assert key.startswith("lambda-layer-action/")
    version = scene.aws.region().layers["parcel"].versions[2]
    assert version.code_size == len(bucket.objects[key]) > 45 << 20


@pytest.mark.parametrize(
    ("region", "denied", "way_out"),
    [
        ("", "", "Create the bucket in the layer's region, or correct s3-bucket."),
        (WEST, "", "The bucket must be in the layer's region: write s3-bucket: name-{region}."),
        (EAST, "s3:GetObject", "Allow s3:GetObject on arn:aws:s3:::zips/*"),
    ],
    ids=["missing", "of another region", "not to be read"],
)
def test_a_bucket_that_does_not_serve_is_explained(
    scene: Scene, heavy: bytes, region: str, denied: str, way_out: str
) -> None:
    bring(scene, heavy, "zips")
    scene.add_function("orders", "parcel:1")
    if region:
        add_bucket(scene, "zips", region)
    if denied:
        scene.aws.deny(denied)
    said = scene.run("publish", code=4)
    assert way_out in said
    assert scene.numbers() == [1]
    assert scene.layers("orders") == ["parcel:1"]
