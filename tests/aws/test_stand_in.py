"""The strict stand-in: what no ready one does, in AWS's words (the adapters' own tests cover the rest)."""

import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from tests.standins.aws import faults
from tests.standins.aws.seed import zip_of
from tests.standins.aws.server import StrictAws
from tests.standins.aws.state import World

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

REGION = "us-east-1"
ZIP = zip_of({"python/a.py": b"a = 1\n"})


@pytest.fixture
def client(aws: StrictAws) -> Iterator["LambdaClient"]:
    made = boto3.client(
        "lambda",
        region_name=REGION,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id="111122223333",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20),
    )
    yield made
    made.close()


def refusal(call: Callable[[], object]) -> tuple[int, str, str]:
    """Return status, code and text of a refusal."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "Uploaded file must be a non-empty zip"),
        (b"PK", "Could not unzip uploaded file. Please check your file, then try to upload again."),
        (zip_of({}), "Uploaded file must be a non-empty zip"),
        (zip_of({"a": bytes(1001)}), "Unzipped size must be smaller than 1000 bytes"),
    ],
)
def test_a_bad_upload_is_refused(aws: StrictAws, client: "LambdaClient", data: bytes, text: str) -> None:
    aws.world.limits.unzipped_bytes = 1000
    found = refusal(lambda: client.publish_layer_version(LayerName="a", Content={"ZipFile": data}))
    assert found == (400, "InvalidParameterValueException", text)


def test_too_large_a_request_is_refused(aws: StrictAws, client: "LambdaClient") -> None:
    aws.world.limits.request_bytes = 100
    status, code, text = refusal(lambda: client.publish_layer_version(LayerName="a", Content={"ZipFile": ZIP}))
    assert (status, code) == (413, "RequestEntityTooLargeException")
    assert text == "Request must be smaller than 100 bytes for the PublishLayerVersion operation"


def test_too_large_a_zip_is_refused(aws: StrictAws, client: "LambdaClient") -> None:
    aws.world.limits.direct_zip_bytes = 100
    assert refusal(lambda: client.publish_layer_version(LayerName="a", Content={"ZipFile": ZIP}))[0] == 413


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"LayerName": "a b"}, "'layerName'"),
        ({"Description": "x" * 257}, "Member must have length less than or equal to 256"),
        ({"CompatibleRuntimes": ["python3.7"]}, "'compatibleRuntimes'"),
        ({"CompatibleRuntimes": ["python3.12"] * 16}, "less than or equal to 15"),
        ({"CompatibleArchitectures": ["sparc"]}, "enum value set: [x86_64, arm64], Member must not be null"),
        ({"LicenseInfo": "x" * 513}, "'licenseInfo'"),
    ],
)
def test_botocores_own_model_is_enforced(client: "LambdaClient", settings: dict[str, object], text: str) -> None:
    given: dict[str, object] = {"LayerName": "a", "Content": {"ZipFile": ZIP}} | settings
    status, code, message = refusal(lambda: client.publish_layer_version(**given))  # type: ignore[arg-type]
    assert (status, code) == (400, "ValidationException")
    assert message.startswith("1 validation error detected: ")
    assert text in message


def test_what_the_recordings_say_of_versions(client: "LambdaClient") -> None:
    missing = refusal(lambda: client.get_layer_version(LayerName="a", VersionNumber=1))
    assert missing == (404, "ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(lambda: client.get_layer_version(LayerName="a", VersionNumber=0))[2].endswith("less than 1")
    published = client.publish_layer_version(LayerName="a", Content={"ZipFile": ZIP}, CompatibleRuntimes=[])
    assert published["CompatibleRuntimes"] == []
    assert "CompatibleArchitectures" not in published
    assert published["Description"] == ""
    policy = refusal(lambda: client.get_layer_version_policy(LayerName="a", VersionNumber=1))
    assert policy[2] == "No policy is associated with the given resource."


def test_lists_are_filtered_by_runtime_and_architecture(aws: StrictAws, client: "LambdaClient") -> None:
    aws.add_layer_version("a", runtimes=["python3.12"], architectures=["arm64"])
    aws.add_layer_version("a", runtimes=["python3.11"])
    listed = client.list_layer_versions(LayerName="a", CompatibleRuntime="python3.12", CompatibleArchitecture="arm64")
    assert [version["Version"] for version in listed["LayerVersions"]] == [1]


def test_a_permission_is_granted_once(client: "LambdaClient") -> None:
    client.publish_layer_version(LayerName="a", Content={"ZipFile": ZIP})

    def grant() -> object:
        return client.add_layer_version_permission(
            LayerName="a", VersionNumber=1, StatementId="s1", Action="lambda:GetLayerVersion", Principal="*"
        )

    grant()
    status, code, text = refusal(grant)
    assert (status, code) == (409, "ResourceConflictException")
    assert text.startswith("The statement id (s1) provided already exists.")


def test_an_update_that_lambda_gives_up_ends_failed(aws: StrictAws, client: "LambdaClient") -> None:
    layer = aws.add_layer_version("http")
    arn = aws.add_function("shop")
    aws.world.failing_updates.append(("shop", "layer:http", "The image does not fit."))
    aws.world.failed_shows_attempted = False
    aws.world.update_seconds = 0.0
    client.update_function_configuration(FunctionName=arn, Layers=[layer])
    found = client.get_function(FunctionName=arn)["Configuration"]
    assert (found["LastUpdateStatus"], found["LastUpdateStatusReason"]) == ("Failed", "The image does not fit.")
    assert "Layers" not in found


def test_a_version_that_does_not_start_takes_no_alias(aws: StrictAws, client: "LambdaClient") -> None:
    arn = aws.add_function("shop", versions=1, aliases={"live": "1"})
    aws.region().functions["shop"].changed_since_version = True
    aws.world.failing_versions["shop"] = "Unable to import module 'app'"
    version = client.publish_version(FunctionName=arn)["Version"]
    assert client.get_function(FunctionName=f"{arn}:{version}")["Configuration"]["State"] == "Failed"
    found = refusal(lambda: client.update_alias(FunctionName=arn, Name="live", FunctionVersion=version))
    assert found[:2] == (409, "ResourceConflictException")


def test_a_published_version_is_not_configured(aws: StrictAws, client: "LambdaClient") -> None:
    arn = aws.add_function("shop", versions=1)
    found = refusal(lambda: client.update_function_configuration(FunctionName=f"{arn}:1", Layers=[]))
    assert found[2].startswith("Current operation does not support versions other than $LATEST.")


def test_a_function_of_another_region_is_out_of_reach(aws: StrictAws, client: "LambdaClient") -> None:
    arn = aws.add_function("shop", region="eu-west-1")
    assert refusal(lambda: client.get_function(FunctionName=arn))[2] == (
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"
    )


def test_publishing_an_unchanged_function_gives_the_same_version(aws: StrictAws, client: "LambdaClient") -> None:
    arn = aws.add_function("shop")
    assert [client.publish_version(FunctionName=arn)["Version"] for _ in range(2)] == ["1", "1"]


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"layer:http": "^1.2"}, "Member must satisfy regular expression pattern"),
        ({"aws:x": "1"}, "aws: prefixed"),
        ({f"k{n}": "v" for n in range(51)}, "Number of tags exceeds resource tag limit."),
    ],
)
def test_tags_that_aws_does_not_take(aws: StrictAws, client: "LambdaClient", tags: dict[str, str], text: str) -> None:
    arn = aws.add_function("shop")
    assert text in refusal(lambda: client.tag_resource(Resource=arn, Tags=tags))[2]


def test_each_tag_changes_the_revision(aws: StrictAws, client: "LambdaClient") -> None:
    arn = aws.add_function("shop")

    def revision() -> str:
        return client.get_function(FunctionName=arn)["Configuration"]["RevisionId"]

    found = [revision()]
    client.tag_resource(Resource=arn, Tags={"a": "b"})
    found.append(revision())
    client.untag_resource(Resource=arn, TagKeys=["a"])
    found.append(revision())
    client.create_alias(FunctionName=arn, Name="live", FunctionVersion="$LATEST")
    assert len(set(found)) == 3
    assert revision() == found[-1]


def test_fifteen_calls_a_second_are_shared_and_get_function_has_its_own(aws: StrictAws, client: "LambdaClient") -> None:
    aws.world.clock = lambda: 5.0
    aws.world.limits.shared_rate = 15.0
    aws.world.limits.get_function_rate = 100.0
    arn = aws.add_function("shop")
    for number in range(15):
        client.list_functions() if number % 2 else client.list_aliases(FunctionName=arn)
    assert refusal(client.list_functions) == (429, "TooManyRequestsException", "Rate exceeded")
    for _ in range(100):
        client.get_function(FunctionName=arn)
    assert refusal(lambda: client.get_function(FunctionName=arn))[0] == 429


def test_a_marker_that_nobody_gave_is_refused(client: "LambdaClient") -> None:
    assert refusal(lambda: client.list_functions(Marker="7"))[1] == "InvalidParameterValueException"


def test_content_is_served_by_range_and_to_get_only(aws: StrictAws, client: "LambdaClient") -> None:
    location = client.publish_layer_version(LayerName="a", Content={"ZipFile": ZIP})["Content"]["Location"]
    asked = urllib.request.Request(location, headers={"Range": "bytes=-4"})
    with urllib.request.urlopen(asked) as answer:
        assert (answer.status, answer.read()) == (206, ZIP[-4:])
        assert answer.headers["Content-Range"] == f"bytes {len(ZIP) - 4}-{len(ZIP) - 1}/{len(ZIP)}"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(location, method="HEAD"))
    caught.value.close()
    assert caught.value.code == 403
    assert all(call.operation != "HEAD" for call in aws.calls)


def test_faults_hit_the_call_they_are_meant_for(aws: StrictAws, client: "LambdaClient") -> None:
    seen: list[int] = []
    aws.fault(2, faults.refuse("ServiceException"))
    aws.fault("ListLayers", faults.lost_answer(), skip=1)
    aws.fault(4, faults.then(lambda: seen.append(len(aws.calls))))
    client.list_layers()
    assert refusal(client.list_functions)[0] == 500
    with pytest.raises(HTTPClientError):
        client.list_layers()
    client.list_functions()
    assert [call.outcome for call in aws.calls] == ["200", "ServiceException", "lost", "200"]
    assert seen == [4]


def test_a_clock_of_the_tests_own_moves_updates() -> None:
    moment = [0.0]
    world = World(clock=lambda: moment[0], update_seconds=30.0)
    aws = StrictAws(world)
    aws.start()
    try:
        arn = aws.add_function("shop")
        client = boto3.client(
            "lambda",
            region_name=REGION,
            endpoint_url=aws.endpoint_url,
            aws_access_key_id="111122223333",
            aws_secret_access_key="x",
        )
        client.update_function_configuration(FunctionName=arn, Layers=[])
        states = []
        for moment[0] in (0.0, 29.9, 30.0):
            states.append(client.get_function(FunctionName=arn)["Configuration"]["LastUpdateStatus"])
        client.close()
    finally:
        aws.stop()
    assert states == ["InProgress", "InProgress", "Successful"]
