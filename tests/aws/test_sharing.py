"""What follows a publication: shares and parameters, also where an earlier run was killed before them."""

from pathlib import Path

import pytest

from layer_action.commands.plan import PlanRequest, plan_layers
from layer_action.commands.publish import Published, PublishOptions, publish
from layer_action.errors import AccessDeniedError, PartialApplyError
from layer_action.model.layer import Publication
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.aws.conftest import Room
from tests.aws.shop import Run, Shape
from tests.journals import read_journal
from tests.standins.aws.server import StrictAws

WANTED = Publication(share=("444455556666", "o-abcdefghij"), ssm="/layers/{layer}")
SHAPE = Shape(publication=WANTED)
PARAMETER = "/layers/http"


def run(aws: StrictAws, folder: Path, version: str = "1.0.0", *, wanted: Publication = WANTED) -> Published:
    """Run the command `publish`."""
    one = Run(aws.env(), Shape(publication=wanted), version, folder)
    with one.services() as services, Journal(folder / "journal.jsonl", account="111122223333") as journal:
        plan = plan_layers(services, one.shape.specs, PlanRequest()).plan
        return publish(services, plan, PublishOptions(directory=folder, journal=journal, apply=ApplyOptions()))


def completed(aws: StrictAws) -> tuple[set[str], str]:
    """Return whom version 1 is shared with, and what the parameter names."""
    policy = aws.region().layers["http"].versions[1].policy
    parameter = aws.region().parameters.get(PARAMETER, {"Value": ""})
    return {str(granted["organization"] or granted["principal"]) for granted in policy.values()}, parameter["Value"]


WHOLE = (set(WANTED.share), "arn:aws:lambda:us-east-1:111122223333:layer:http:1")


def test_what_a_killed_run_left_unshared_is_completed_by_a_run_that_publishes_nothing(
    aws: StrictAws, tmp_path: Path
) -> None:
    run(aws, tmp_path, wanted=Publication())
    assert completed(aws) == (set(), "")
    outcome = run(aws, tmp_path).outcome
    assert outcome
    assert not outcome.error
    assert not outcome.published
    assert completed(aws) == WHOLE
    assert [entry.call for entry in read_journal(tmp_path / "journal.jsonl").entries] == ["share", "record"]


def test_nothing_is_written_when_nothing_is_missing(aws: StrictAws, tmp_path: Path) -> None:
    run(aws, tmp_path)
    aws.forget_calls()
    run(aws, tmp_path)
    assert aws.writes == []


def test_an_unchanged_layer_is_completed_beside_one_that_is_published(aws: StrictAws, tmp_path: Path) -> None:
    run(aws, tmp_path, wanted=Publication())
    shape = Shape(layers=("http", "data"), publication=WANTED)
    assert Run(aws.env(), shape, "1.0.0", tmp_path).code() == 0
    assert completed(aws) == WHOLE
    assert aws.region().parameters["/layers/data"]["Value"].endswith(":layer:data:1")


def test_a_version_that_another_run_published_meanwhile_is_completed(aws: StrictAws, tmp_path: Path) -> None:
    late = Run(aws.env(), SHAPE, "1.0.0", tmp_path)
    with late.services() as services, Journal(None, account="111122223333") as journal:
        plan = plan_layers(services, SHAPE.specs, PlanRequest()).plan
        run(aws, tmp_path, wanted=Publication())
        found = publish(services, plan, PublishOptions(directory=tmp_path, journal=journal, apply=ApplyOptions()))
    assert found.outcome
    assert not found.outcome.error
    assert completed(aws) == WHOLE
    assert list(aws.region().layers["http"].versions) == [1]


def test_a_share_that_is_refused_says_what_to_grant_and_changed_nothing(aws: StrictAws, tmp_path: Path) -> None:
    run(aws, tmp_path, wanted=Publication())
    aws.deny("lambda:AddLayerVersionPermission")
    outcome = run(aws, tmp_path).outcome
    assert outcome
    assert isinstance(outcome.error, AccessDeniedError)
    assert outcome.error.hint.startswith("Allow lambda:AddLayerVersionPermission on ")
    assert completed(aws) == (set(), "")


def test_a_share_without_its_parameter_is_told_as_half_done(aws: StrictAws, tmp_path: Path) -> None:
    run(aws, tmp_path, wanted=Publication())
    aws.deny("ssm:PutParameter")
    outcome = run(aws, tmp_path).outcome
    assert outcome
    assert isinstance(outcome.error, PartialApplyError)
    assert "ssm:PutParameter" in outcome.error.hint


def test_no_function_moves_before_every_layer_is_shared(aws: StrictAws, tmp_path: Path) -> None:
    run(aws, tmp_path, wanted=Publication())
    function = aws.add_function("shop", layers=[WHOLE[1]])
    aws.deny("lambda:AddLayerVersionPermission")
    assert Run(aws.env(), SHAPE, "1.1.0", tmp_path).code() == PartialApplyError.exit_code
    assert aws.layers_of("shop") == [WHOLE[1]], function


@pytest.mark.parametrize(
    "operation", ["GetLayerVersionPolicy", "AddLayerVersionPermission", "GetParameter", "PutParameter"]
)
def test_a_run_that_dies_between_publishing_and_recording_is_completed_by_the_next(
    aws: StrictAws, tmp_path: Path, operation: str
) -> None:
    class DiedError(BaseException):
        """The process is gone."""

    def die(**_: object) -> None:
        raise DiedError

    first = Run(aws.env(), SHAPE, "1.0.0", tmp_path)
    with first.connect() as session:
        first.session = session
        service = session.ssm if "Parameter" in operation else session.lambda_
        service("us-east-1").meta.events.register(f"before-send.*.{operation}", die)
        with pytest.raises(DiedError):
            first.publish()
    assert completed(aws) != WHOLE
    run(aws, tmp_path)
    assert completed(aws) == WHOLE
    assert list(aws.region().layers["http"].versions) == [1]


@pytest.mark.parametrize("everyone", ["*", "999988887777", "arn:aws:iam::999988887777:root"])
def test_shares_that_others_made_are_seen_and_those_with_ourselves_are_none(
    room: Room, aws: StrictAws, everyone: str
) -> None:
    store = room.store()
    version = store.publish(room.request())
    record = aws.region().layers["http"].versions[1]
    record.policy["ours"] = {"principal": "111122223333", "organization": None}
    assert store.sharers(version) == ()
    record.policy["theirs"] = {"principal": everyone, "organization": None}
    assert store.sharers(version) == ("*" if everyone == "*" else "999988887777",)
