"""The policies that `iam` prints are enough for what each command calls, and hold nothing that it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from semver import Version

from layer_action.aws.iam import Feature, Scope, actions_of, policy
from layer_action.aws.parameters import AwsParameters
from layer_action.commands.prune import plan_prune, prune
from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.show import show
from layer_action.commands.status import status
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AccessDeniedError, PartialApplyError
from layer_action.model.command import Command
from layer_action.model.function import Unknown
from layer_action.model.layer import Publication, Rollout
from layer_action.rollout.journal import Journal
from tests.aws.conftest import REGION, Room
from tests.aws.shop import Run, Shape
from tests.factories import X86_312, make_spec
from tests.standins.aws.server import StrictAws
from tests.standins.aws.state import BucketRecord

ACCOUNT = "111122223333"
SCOPE = Scope(
    account=ACCOUNT,
    regions=(REGION,),
    layers=("http",),
    buckets=("zips",),
    parameters=("/layers/http",),
    features=frozenset(Feature),
)
SHAPE = Shape(
    publication=Publication(s3_bucket="zips", share=("444455556666",), ssm="/layers/http"),
    rollout=Rollout(alias="live", alarms=("errors",)),
)
# needed for what AWS does on our behalf
IMPLIED = {"s3:GetObject", "lambda:ListTags", "lambda:GetLayerVersion"}


@pytest.fixture(autouse=True)
def _everything_through_the_bucket(monkeypatch: pytest.MonkeyPatch, aws: StrictAws) -> None:
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    aws.world.buckets["zips"] = BucketRecord(name="zips", region=REGION, account=ACCOUNT)
    aws.world.update_seconds = 0.0
    aws.region().alarms["errors"] = "OK"


class Shop:
    """`http` at 1.0.0, two functions on it with an alias; the repository asks for more."""

    def __init__(self, aws: StrictAws, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        assert self.run("1.0.0").code() == 0
        foreign = aws.add_layer_version("theirs", account="999988887777", shared_with="*")
        layer = aws.region().layers["http"].versions[1].arn
        for name in ("checkout", "search"):
            tags = {"layer-failed:http": "1.0.1"}
            aws.add_function(name, layers=[foreign, layer], tags=tags, versions=1, aliases={"live": "1"})
        aws.forget_calls()

    def run(self, version: str) -> Run:
        run = Run(self.aws.env(), SHAPE, version, self.folder)
        run.stage.repository.root = self.folder
        return run

    def plan(self) -> None:
        # an alias that serves other layers than $LATEST
        self.aws.region().functions["search"].versions["1"].layers = []
        assert not self.run("1.0.0").plan().publications
        assert self.run("1.1.0").plan().changes_anything

    def publish(self) -> None:
        assert self.run("1.1.0").code() == 0
        self.aws.region().parameters["/layers/http"]["Value"] = "what somebody wrote"
        assert self.run("1.1.0").code() == 0
        self.aws.world.failing_updates.append(("search", "layer:http:3", "It does not fit."))
        assert self.run("1.2.0").code() != 0

    def roll_back(self) -> None:
        self.aws.world.policy = None
        assert self.run("1.1.0").code() == 0
        self.aws.permit_only(policy(Command.ROLLBACK, SCOPE).json())
        self.aws.forget_calls()
        with self.run("1.1.0").services() as services:
            request = RollbackRequest(regions=(REGION,), to=Version(1, 0, 0))
            plan = plan_rollback(services, SHAPE.specs[0], request)
            assert roll_back(services, plan, journal=Journal(None, account=ACCOUNT)).error is None

    def status(self) -> None:
        with self.run("1.0.0").services() as services:
            assert len(status(services, SHAPE.specs, {"http": (REGION,)}).functions) == 2

    def show(self) -> None:
        store = Room(self.aws.env, self.folder)
        assert not isinstance(show(store.store(), "http", None, REGION).lock, Unknown)
        store.close()

    def prune(self) -> None:
        for _ in range(3):
            version = self.aws.region().layers["http"].versions[1]
            content = self.aws.world.blobs[version.blob]
            self.aws.add_layer_version("http", content=content, description=version.description)
        unshared = make_spec(targets=(X86_312,), publication=Publication(ssm="/layers/{layer}"))
        with self.run("1.0.0").services() as services:
            plan = plan_prune(services, [unshared], {"http": (REGION,)}, keep=1)
            assert prune(services, plan, journal=Journal(None, account=ACCOUNT))


@pytest.mark.parametrize(
    ("command", "act"),
    [
        (Command.PLAN, Shop.plan),
        (Command.PUBLISH, Shop.publish),
        (Command.ROLLBACK, Shop.roll_back),
        (Command.STATUS, Shop.status),
        (Command.SHOW, Shop.show),
        (Command.PRUNE, Shop.prune),
    ],
)
def test_a_command_needs_no_more_than_its_policy_and_its_policy_no_less(
    aws: StrictAws, tmp_path: Path, command: Command, act: Callable[[Shop], None]
) -> None:
    shop = Shop(aws, tmp_path)
    aws.permit_only(policy(command, SCOPE).json())
    act(shop)
    assert [call for call in aws.calls if call.outcome == "AccessDeniedException"] == []
    granted = set(actions_of(command, frozenset(Feature)))
    called = {call.action for call in aws.calls} - {"sts:GetCallerIdentity"}
    assert called | (IMPLIED & granted) == granted


def call_everything(room: Room, aws: StrictAws) -> None:
    """Call all that a publish can, in one go and without a plan."""
    foreign = aws.add_layer_version("theirs", account="999988887777", shared_with="*")
    function = aws.add_function("shop", layers=[foreign], versions=1, aliases={"live": "1"})
    store, functions = room.store(), room.functions()
    store.versions("http", REGION)
    artifact = room.artifact(make_spec(targets=(X86_312,), publication=SHAPE.publication))
    version = store.publish(room.request(artifact))
    store.share(version, SHAPE.publication)
    assert not isinstance(store.lock(version), Unknown)
    (listed,) = functions.listed(REGION)
    read = functions.read(listed.arn)
    assert not isinstance(read.tags, Unknown)
    functions.set_layers(read, [foreign, version.version_arn])
    number = functions.publish_version(functions.read(function), "http 1.0.0")
    functions.move_alias(function, functions.aliases(function)[0], number)
    functions.alarms_firing(REGION, ["errors"])
    parameters = AwsParameters(room.session())
    parameters.put("/layers/http", REGION, version.version_arn)
    assert parameters.value("/layers/http", REGION)
    parameters.tags("/layers/http", REGION)
    functions.tag(function, {"layer-failed:http": "1"})
    functions.untag(function, ["layer-failed:http"])


@pytest.mark.parametrize("action", sorted(actions_of(Command.PUBLISH, frozenset(Feature))))
def test_each_right_that_is_missing_is_named_or_worked_around(room: Room, aws: StrictAws, action: str) -> None:
    aws.deny(action)
    try:
        call_everything(room, aws)
    except (AccessDeniedError, PartialApplyError) as error:
        assert action in error.hint  # noqa: PT017 - some actions are refused, one leaves an Unknown
    except AssertionError:
        assert action == "lambda:ListTags"
    else:
        raise AssertionError(action)
