"""What both stand-ins must answer alike of functions."""

import pytest

from layer_action.errors import (
    AccessDeniedError,
    AwsError,
    MissingResourceError,
    StaleRevisionError,
)
from layer_action.model.function import PinnedFunction
from layer_action.model.published import LayerArn
from tests.aws.conftest import REGION, Room
from tests.aws.contract import CODE, OTHER, create, publish, settled


def test_more_than_a_page_of_functions_is_listed(either: Room) -> None:
    session = either.session()
    client = session.lambda_(REGION)
    for number in range(51):
        client.create_function(
            FunctionName=f"f{number:02}",
            Runtime="python3.12",
            Role="arn:aws:iam::111122223333:role/lambda",
            Handler="app.handler",
            Code={"ZipFile": CODE},
        )
    listed = either.functions().listed(REGION)
    assert sorted(function.name for function in listed) == [f"f{number:02}" for number in range(51)]
    assert {function.state for function in listed} <= {"", "Active", "Pending"}


def test_a_function_is_read_with_layers_tags_and_revision(either: Room) -> None:
    version = publish(either)
    arn = create(
        either.session(),
        "shop",
        [version.version_arn],
        Tags={"team": "a"},
        Environment={"Variables": {"PYTHONPATH": "/x"}},
    )
    function = either.functions().read(arn)
    assert function.layer_arns == (version.version_arn,)
    assert function.tags == {"team": "a"}
    assert function.revision_id
    assert (function.state, function.status, function.runtime) == ("Active", "Successful", "python3.12")
    assert function.sets_pythonpath
    assert either.functions().code_unzipped(function) == 42


def test_a_function_that_does_not_exist_is_missing(either: Room) -> None:
    with pytest.raises(MissingResourceError):
        either.functions().read(f"arn:aws:lambda:{REGION}:111122223333:function:none")


def moved(room: Room, function: PinnedFunction, layers: list[str]) -> PinnedFunction:
    room.functions().set_layers(function, layers)
    settled(room.session(), function.arn)
    return room.functions().read(function.arn)


def test_layers_are_replaced_in_the_order_given(either: Room) -> None:
    first, second = publish(either, "one").version_arn, publish(either, "two").version_arn
    arn = create(either.session(), "shop", [first])
    function = either.functions().read(arn)
    after = moved(either, function, [second, first])
    assert after.layer_arns == (second, first)
    assert after.revision_id != function.revision_id


def test_a_stale_revision_is_refused(either: Room) -> None:
    version = publish(either).version_arn
    arn = create(either.session(), "shop")
    stale = either.functions().read(arn)
    moved(either, stale, [version])
    with pytest.raises(StaleRevisionError):
        either.functions().set_layers(stale, [])
    assert either.functions().read(arn).layer_arns == (version,)


def test_a_layer_that_does_not_exist_is_refused(either: Room) -> None:
    arn = create(either.session(), "shop")
    missing = str(LayerArn(partition="aws", region=REGION, account="111122223333", name="none")) + ":1"
    with pytest.raises(AwsError, match="does not exist"):
        either.functions().set_layers(either.functions().read(arn), [missing])


def test_a_foreign_layer_that_is_not_shared_is_refused(either: Room) -> None:
    theirs = either.store(account=OTHER).publish(either.request())
    arn = create(either.session(), "shop")
    with pytest.raises(AccessDeniedError, match="lambda:GetLayerVersion"):
        either.functions().set_layers(either.functions().read(arn), [theirs.version_arn])


def test_tags_come_and_go(either: Room) -> None:
    arn = create(either.session(), "shop", Tags={"team": "a"})
    functions = either.functions()
    functions.tag(arn, {"layer:http": "1.x"})
    assert functions.read(arn).tags == {"team": "a", "layer:http": "1.x"}
    functions.untag(arn, ["team"])
    assert functions.read(arn).tags == {"layer:http": "1.x"}


def test_a_version_is_published_and_an_alias_moved(either: Room) -> None:
    arn = create(either.session(), "shop")
    functions = either.functions()
    first = functions.publish_version(functions.read(arn), "one")
    either.session().lambda_(REGION).create_alias(FunctionName=arn, Name="live", FunctionVersion=first)
    version = publish(either).version_arn
    moved(either, functions.read(arn), [version])
    second = functions.publish_version(functions.read(arn), "two")
    (alias,) = functions.aliases(arn)
    functions.move_alias(arn, alias, second)
    (after,) = functions.aliases(arn)
    assert (alias.function_version, after.function_version, after.routes) == (first, second, False)
    with pytest.raises(StaleRevisionError):
        functions.move_alias(arn, alias, first)
    listed = {found.arn: found.layer_arns for found in functions.listed_with_versions(REGION)}
    assert listed == {f"{arn}:$LATEST": (version,), f"{arn}:{first}": (), f"{arn}:{second}": (version,)}


def test_a_function_that_goes_while_versions_are_listed_is_left_out(either: Room) -> None:
    arn = create(either.session(), "shop")
    listing = either.functions().listed_with_versions(REGION)
    assert next(listing).arn == f"{arn}:$LATEST"
    either.session().lambda_(REGION).delete_function(FunctionName=arn)
    assert list(listing) == []


def test_alarms_that_fire_are_told_apart(either: Room) -> None:
    client = either.session().cloudwatch(REGION)
    with pytest.raises(MissingResourceError, match="errors"):
        either.functions().alarms_firing(REGION, ["errors"])
    for name in ("errors", "quiet"):
        client.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
            Namespace="AWS/Lambda",
            Period=60,
            Statistic="Sum",
            Threshold=1.0,
        )
    client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    client.set_alarm_state(AlarmName="quiet", StateValue="OK", StateReason="test")
    assert either.functions().alarms_firing(REGION, ["quiet", "errors"]) == ("errors",)
