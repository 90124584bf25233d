import pytest

from layer_action.errors import (
    AccessDeniedError,
    AwsError,
    ConflictError,
    CredentialsError,
    StaleRevisionError,
    ThrottledError,
)
from layer_action.model.function import Unknown
from layer_action.model.layer import Publication
from tests.aws.conftest import REGION, Room
from tests.factories import X86_312, make_spec
from tests.standins.aws import faults
from tests.standins.aws.seed import edit_layers
from tests.standins.aws.server import StrictAws

HTTP = "arn:aws:lambda:us-east-1:111122223333:layer:http"


def test_tags_that_may_not_be_read_are_unknown(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop", tags={"a": "b"})
    aws.deny("lambda:ListTags")
    tags = room.functions().read(arn).tags
    assert isinstance(tags, Unknown)
    assert "lambda:ListTags" in tags.reason


def test_fifty_versions_of_any_functions_come_with_one_call(room: Room, aws: StrictAws) -> None:
    for number in range(40):
        aws.add_function(f"shop-{number:02}", versions=2)
    listed = list(room.functions().listed_with_versions(REGION))
    assert [found.arn.rpartition("function:")[2] for found in listed[:4]] == [
        "shop-00:$LATEST",
        "shop-00:1",
        "shop-00:2",
        "shop-01:$LATEST",
    ]
    assert len({found.arn for found in listed}) == 120
    assert [call.operation for call in aws.calls] == ["ListFunctions"] * 3


def test_without_get_function_the_action_and_the_resource_are_named(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    aws.deny("lambda:GetFunction")
    with pytest.raises(AccessDeniedError) as caught:
        room.functions().read(arn)
    assert caught.value.hint.startswith(f"Allow lambda:GetFunction on {arn} ")
    assert caught.value.request_id in caught.value.message


def test_an_update_in_progress_is_a_conflict(room: Room, aws: StrictAws) -> None:
    aws.world.update_seconds = 60.0
    layer = aws.add_layer_version("http")
    arn = aws.add_function("shop")
    functions = room.functions()
    functions.set_layers(functions.read(arn), [layer])
    with pytest.raises(ConflictError, match="An update is in progress"):
        functions.set_layers(functions.read(arn), [])


def test_the_revision_changes_twice(room: Room, aws: StrictAws) -> None:
    layer = aws.add_layer_version("http")
    aws.world.update_seconds = 60.0
    arn = aws.add_function("shop")
    functions = room.functions()
    before = functions.read(arn)
    functions.set_layers(before, [layer])
    during = functions.read(arn)
    aws.region().functions["shop"].settles_at = 0.0
    after = functions.read(arn)
    assert (during.status, after.status) == ("InProgress", "Successful")
    assert len({before.revision_id, during.revision_id, after.revision_id}) == 3


def test_a_foreign_edit_makes_the_revision_stale(room: Room, aws: StrictAws) -> None:
    layer = aws.add_layer_version("http")
    arn = aws.add_function("shop")
    functions = room.functions()
    read = functions.read(arn)
    edit_layers(aws.world, "shop", [layer])
    with pytest.raises(StaleRevisionError):
        functions.set_layers(read, [])
    assert aws.layers_of("shop") == [layer]


def test_a_foreign_edit_keeps_a_function_version_from_being_published(room: Room, aws: StrictAws) -> None:
    """What would be published, and served by an alias, is not what was looked at."""
    layer = aws.add_layer_version("http")
    arn = aws.add_function("shop")
    functions = room.functions()
    read = functions.read(arn)
    edit_layers(aws.world, "shop", [layer])
    with pytest.raises(StaleRevisionError):
        functions.publish_version(read, "http 1.1.0")
    assert aws.region().functions["shop"].versions == {}


def test_every_update_is_conditional(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    room.functions().set_layers(room.functions().read(arn), [])
    (update,) = aws.writes
    assert update.parameters["RevisionId"]


def test_ec2s_throttle_is_no_refusal(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    aws.fault("UpdateFunctionConfiguration", faults.ec2_throttle())
    with pytest.raises(ThrottledError):
        room.functions().set_layers(room.functions().read(arn), [])


@pytest.mark.parametrize(
    ("layers", "text", "hint"),
    [
        ([f"{HTTP}:1", f"{HTTP}:2"], "Two different versions of the same layer", "Remove one of the two"),
        ([f"{HTTP}:9"], "does not exist", "was deleted"),
        ([HTTP], "Member must satisfy regular expression pattern", ""),
        ([f"{HTTP}-{n}:1" for n in range(6)], "Cannot reference more than 5 layers.", "five layers"),
        (["arn:aws:lambda:eu-west-1:111122223333:layer:x:1"], "not in the same region", "own region"),
        (["arn:aws:lambda:us-east-1:999988887777:layer:x:1"], "lambda:GetLayerVersion", "Another account owns"),
    ],
)
def test_what_lambda_refuses_is_told_with_a_way_out(
    room: Room, aws: StrictAws, layers: list[str], text: str, hint: str
) -> None:
    for _ in range(2):
        aws.add_layer_version("http")
    arn = aws.add_function("shop")
    with pytest.raises(AwsError) as caught:
        room.functions().set_layers(room.functions().read(arn), layers)
    assert text in caught.value.message
    assert hint in caught.value.hint


def test_too_large_a_sum_is_refused_with_the_numbers(room: Room, aws: StrictAws) -> None:
    layer = aws.add_layer_version("http", unzipped=200_000_000)
    arn = aws.add_function("shop", unzipped=100_000_000)
    with pytest.raises(AwsError, match="The actual size is 300000000 bytes"):
        room.functions().set_layers(room.functions().read(arn), [layer])


def test_a_lost_publication_of_a_function_version_is_not_made_twice(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    functions = room.functions()
    aws.fault("PublishVersion", faults.lost_answer())
    assert functions.publish_version(functions.read(arn), "one") == "1"
    assert list(aws.region().functions["shop"].versions) == ["1"]


def test_somebody_elses_code_is_not_published(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    functions = room.functions()
    read = functions.read(arn)
    aws.region().functions["shop"].configuration.code_sha256 = "other"
    with pytest.raises(AwsError, match="is different from current CodeSHA256"):
        functions.publish_version(read, "one")


def test_a_lost_move_of_an_alias_is_found_done(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop", versions=2, aliases={"live": "1"})
    functions = room.functions()
    (alias,) = functions.aliases(arn)
    aws.fault("UpdateAlias", faults.lost_answer())
    functions.move_alias(arn, alias, "2")
    assert aws.region().functions["shop"].aliases["live"].version == "2"


def test_an_alias_that_splits_traffic_says_so(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop", versions=2, aliases={"live": "1"})
    aws.region().functions["shop"].aliases["live"].weights = {"2": 0.1}
    assert room.functions().aliases(arn)[0].routes


def test_an_image_has_no_code_to_measure(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop", package_type="Image")
    functions = room.functions()
    assert isinstance(functions.code_unzipped(functions.read(arn)), Unknown)


def test_an_old_link_to_the_code_is_asked_for_again(room: Room, aws: StrictAws) -> None:
    from layer_action.record import replace  # noqa: PLC0415 - one test alone

    arn = aws.add_function("shop")
    functions = room.functions()
    read = functions.read(arn)
    stale = replace(read, code_location=read.code_location.replace("_content/", "_content/0"))
    assert functions.code_unzipped(stale) == functions.code_unzipped(read)


def test_edge_replicas_and_listed_functions_are_told_apart(room: Room, aws: StrictAws) -> None:
    aws.add_function("shop")
    aws.add_function("edge")
    aws.region().functions["edge"].master_arn = "arn:aws:lambda:us-east-1:111122223333:function:edge:1"
    listed = {function.name: function for function in room.functions().listed(REGION)}
    assert (listed["edge"].is_edge_replica, listed["shop"].is_edge_replica) == (True, False)
    assert listed["shop"].status == ""


def test_functions_are_told_while_later_pages_are_not_asked_for_yet(room: Room, aws: StrictAws) -> None:
    aws.world.limits.page = 2
    for name in ("cart", "orders", "search"):
        aws.add_function(name)
    listed = iter(room.functions().listed(REGION))
    assert [next(listed).name, next(listed).name] == ["cart", "orders"]
    assert [call.operation for call in aws.calls] == ["ListFunctions"]
    assert [function.name for function in listed] == ["search"]


def test_an_expired_session_says_so(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    aws.world.expired.add("*")
    with pytest.raises(CredentialsError) as caught:
        room.functions().read(arn)
    assert "new session" in caught.value.hint


def test_a_function_past_the_support_of_its_runtime_is_told(room: Room, aws: StrictAws) -> None:
    arn = aws.add_function("shop")
    text = "The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions."
    aws.fault("UpdateFunctionConfiguration", faults.refuse("InvalidParameterValueException", text))
    with pytest.raises(AwsError) as caught:
        room.functions().set_layers(room.functions().read(arn), [])
    assert "still supports" in caught.value.hint


def test_a_version_that_aws_does_not_know_everywhere_yet_is_waited_for(room: Room, aws: StrictAws) -> None:
    aws.world.clock, aws.world.unknown_seconds = room.clock.now, 5.0
    functions, arn = room.functions(), aws.add_function("shop")
    version = room.store().publish(room.request())
    functions.set_layers(functions.read(arn), [version.version_arn])
    assert aws.layers_of("shop") == [version.version_arn]
    updates = [call.outcome for call in aws.calls if call.operation == "UpdateFunctionConfiguration"]
    assert updates == ["InvalidParameterValueException"] * 3 + ["200"]


def test_a_version_that_cannot_be_shared_yet_is_waited_for(room: Room, aws: StrictAws) -> None:
    aws.world.clock, aws.world.unknown_seconds = room.clock.now, 5.0
    spec = make_spec(targets=(X86_312,), publication=Publication(share=("444455556666",)))
    version = room.store().publish(room.request(room.artifact(spec)))
    room.store().share(version, spec.publication)
    assert room.store().sharers(version) == ("444455556666",)


def test_a_version_that_stays_unknown_is_told_after_some_seconds(room: Room, aws: StrictAws) -> None:
    functions, arn = room.functions(), aws.add_function("shop")
    version = room.store().publish(room.request())
    aws.world.clock, aws.world.unknown_seconds = room.clock.now, 1e9
    with pytest.raises(AwsError, match=r"layer:http:1 does not exist"):
        functions.set_layers(functions.read(arn), [version.version_arn])
    assert 10 < sum(room.clock.slept) < 60


def test_a_version_that_was_deleted_long_ago_is_not_waited_for(room: Room, aws: StrictAws) -> None:
    functions, arn = room.functions(), aws.add_function("shop")
    deleted = aws.add_layer_version("http")
    aws.region().layers["http"].versions.clear()
    with pytest.raises(AwsError, match="does not exist"):
        functions.set_layers(functions.read(arn), [deleted])
    assert room.clock.slept == []
