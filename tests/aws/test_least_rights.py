"""The policies that we print are enough for what the adapters call, and hold nothing that they do not."""

import pytest

from layer_action.aws.iam import Feature, Scope, actions_of, policy
from layer_action.errors import AccessDeniedError, PartialApplyError
from layer_action.model.command import Command
from layer_action.model.function import Unknown
from layer_action.model.layer import Publication
from tests.aws.conftest import REGION, Room
from tests.factories import X86_312, make_spec
from tests.standins.aws.server import StrictAws

SCOPE = Scope(
    account="111122223333",
    regions=(REGION,),
    layers=("http",),
    buckets=("zips",),
    parameters=("/layers/http",),
    features=frozenset(Feature),
)
# needed, but called by AWS on our behalf
IMPLIED = {"s3:GetObject", "lambda:ListTags"}


def publish_and_move(room: Room, aws: StrictAws) -> None:
    """Do all that a publish with every feature can do."""
    foreign = aws.add_layer_version("theirs", account="999988887777", shared_with="*")
    function = aws.add_function("shop", layers=[foreign], versions=1, aliases={"live": "1"})
    aws.region().alarms["errors"] = "OK"
    store, functions = room.store(), room.functions()
    store.versions("http", REGION)
    wanted = Publication(s3_bucket="zips", share=("444455556666",), ssm="/layers/http")
    spec = make_spec(targets=(X86_312,), publication=wanted)
    version = store.publish(room.request(room.artifact(spec)))
    assert not isinstance(store.lock(version), Unknown)
    assert not isinstance(store.size(version), Unknown)
    assert not isinstance(store.unzipped(foreign), Unknown)
    (listed,) = functions.listed(REGION)
    read = functions.read(listed.arn)
    assert not isinstance(read.tags, Unknown)
    functions.set_layers(read, [foreign, version.version_arn])
    aws.region().functions["shop"].settles_at = 0.0
    number = functions.publish_version(functions.read(function), "http 1.0.0")
    functions.published_versions(function)
    functions.move_alias(function, functions.aliases(function)[0], number)
    functions.alarms_firing(REGION, ["errors"])
    functions.tag(function, {"layer-failed:http": "1"})
    functions.untag(function, ["layer-failed:http"])


@pytest.fixture
def _bucket(room: Room, monkeypatch: pytest.MonkeyPatch, aws: StrictAws) -> None:
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    room.session().s3(REGION).create_bucket(Bucket="zips")
    aws.forget_calls()


@pytest.mark.usefixtures("_bucket")
def test_publish_needs_no_more_than_its_policy_and_its_policy_no_less(room: Room, aws: StrictAws) -> None:
    aws.permit_only(policy(Command.PUBLISH, SCOPE).json())
    publish_and_move(room, aws)
    called = {call.action for call in aws.calls} - {"sts:GetCallerIdentity"}
    assert called | IMPLIED == set(actions_of(Command.PUBLISH, frozenset(Feature)))


@pytest.mark.usefixtures("_bucket")
@pytest.mark.parametrize("action", sorted(actions_of(Command.PUBLISH, frozenset(Feature))))
def test_each_right_that_is_missing_is_named_or_worked_around(room: Room, aws: StrictAws, action: str) -> None:
    aws.deny(action)
    try:
        publish_and_move(room, aws)
    except (AccessDeniedError, PartialApplyError) as error:
        assert action in error.hint  # noqa: PT017 - some actions are refused, some leave an Unknown
    except AssertionError:
        assert action == "lambda:ListTags"
    else:
        raise AssertionError(action)


@pytest.mark.usefixtures("_bucket")
def test_prune_may_delete_and_nothing_else(room: Room, aws: StrictAws) -> None:
    aws.add_layer_version("http")
    aws.add_function("shop", versions=1)
    aws.permit_only(policy(Command.PRUNE, SCOPE).json())
    store = room.store()
    (version,) = store.versions("http", REGION)
    functions = room.functions()
    (function,) = functions.listed(REGION)
    functions.published_versions(function.arn)
    functions.aliases(function.arn)
    functions.read(function.arn)
    store.delete(version)
    assert store.versions("http", REGION) == ()
    with pytest.raises(AccessDeniedError):
        functions.set_layers(functions.read(function.arn), [])


@pytest.mark.usefixtures("_bucket")
def test_show_reads_its_own_layers_only(room: Room, aws: StrictAws) -> None:
    aws.add_layer_version("http")
    aws.add_layer_version("other")
    aws.permit_only(policy(Command.SHOW, SCOPE).json())
    store = room.store()
    (version,) = store.versions("http", REGION)
    assert not isinstance(store.size(version), Unknown)
    with pytest.raises(AccessDeniedError, match="layer:other"):
        store.versions("other", REGION)
