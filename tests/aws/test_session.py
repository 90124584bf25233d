import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from layer_action.aws.layers import AwsLayerStore
from layer_action.aws.session import AwsSession, Patience, region_of
from layer_action.errors import AccessDeniedError, AwsError, CredentialsError, InputError, NoCredentialsError
from layer_action.http import Http
from tests.aws.conftest import QUICK, REGION, Room
from tests.fake_calls import ManualClock
from tests.standins.aws import faults
from tests.standins.aws.server import StrictAws
from tests.standins.ministack import free_port

ROLE = "arn:aws:iam::444455556666:role/deploy"


@pytest.fixture(autouse=True)
def _no_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The machine's own AWS settings must not count."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def opened() -> Iterator[list[AwsSession]]:
    sessions: list[AwsSession] = []
    yield sessions
    for session in sessions:
        session.close()


def test_both_region_variables_count_and_an_empty_one_is_unset() -> None:
    assert region_of({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}) == "eu-west-1"
    assert region_of({"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"}) == "us-east-1"
    assert region_of({}) == ""


def test_without_a_region_the_ways_to_give_one_are_told() -> None:
    with pytest.raises(InputError, match="No AWS region") as caught:
        AwsSession({"AWS_REGION": ""}, clock=ManualClock())
    assert "AWS_REGION" in caught.value.hint


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "AWS_PROFILE"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": ""}, "AWS_PROFILE"),
        ({"GITHUB_ACTIONS": "true"}, "configure-aws-credentials"),
        ({"AWS_PROFILE": "shop", "GITHUB_ACTIONS": "true"}, "output-env-credentials"),
    ],
)
def test_without_credentials_the_way_to_get_them_is_told(
    env: dict[str, str], words: str, opened: list[AwsSession]
) -> None:
    session = AwsSession(env, region=REGION, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    with pytest.raises(NoCredentialsError) as caught:
        session.account()
    assert words in caught.value.hint


def test_the_metadata_service_is_not_asked(
    opened: list[AwsSession], aws: StrictAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.endpoint_url)
    session = AwsSession({}, region=REGION, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    with pytest.raises(CredentialsError):
        session.account()
    assert aws.calls == []
    assert aws.strangers == []


def test_the_metadata_service_is_asked_where_that_is_allowed(
    opened: list[AwsSession], aws: StrictAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.endpoint_url)
    allowed = {"AWS_EC2_METADATA_DISABLED": "false"}
    session = AwsSession(allowed, region=REGION, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    with pytest.raises(CredentialsError):
        session.account()
    assert "/latest/api/token" in aws.strangers[0]


def test_keys_in_the_environment_outweigh_a_profile(aws: StrictAws, opened: list[AwsSession]) -> None:
    session = AwsSession(aws.env() | {"AWS_PROFILE": "none"}, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    assert session.account() == "111122223333"


def test_a_role_is_assumed_with_its_secrets_masked_first(room: Room, aws: StrictAws) -> None:
    masked: list[tuple[str, int]] = []
    session = room.session(role=ROLE, mask=lambda secret: masked.append((secret, len(aws.calls))))
    assert session.account() == "444455556666"
    # all three before the next call, which uses them
    assert [(len(secret) > 8, calls) for secret, calls in masked] == [(True, 1)] * 3
    assert [call.operation for call in aws.calls] == ["AssumeRole", "GetCallerIdentity"]


def test_a_role_is_renewed_before_it_expires(room: Room, aws: StrictAws) -> None:
    aws.world.session_seconds = 60.0
    store = AwsLayerStore(room.session(role=ROLE), Http({}))
    store.versions("http", REGION)
    store.versions("http", REGION)
    assert [call.operation for call in aws.calls].count("AssumeRole") > 1


def test_a_role_that_may_not_be_assumed_is_named(room: Room, aws: StrictAws) -> None:
    aws.world.roles = set()
    with pytest.raises(AccessDeniedError) as caught:
        room.session(role=ROLE).account()
    assert f"Allow sts:AssumeRole on {ROLE} " in caught.value.hint


def test_the_run_names_its_session(aws: StrictAws, opened: list[AwsSession]) -> None:
    env = aws.env() | {"GITHUB_RUN_ID": "77"}
    session = AwsSession(env, clock=ManualClock(), role=ROLE, patience=QUICK)
    opened.append(session)
    session.account()
    assert aws.calls[0].parameters["RoleSessionName"] == "lambda-layer-action-77"


def test_an_endpoint_of_one_service_outweighs_the_common_one(aws: StrictAws, opened: list[AwsSession]) -> None:
    env = aws.env() | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_ENDPOINT_URL_STS": aws.endpoint_url}
    session = AwsSession(env, clock=ManualClock(), patience=Patience(attempts=1, connect=1.0))
    opened.append(session)
    assert session.account() == "111122223333"
    with pytest.raises(AwsError, match="cannot be reached"):
        AwsLayerStore(session, Http({})).versions("http", REGION)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"])
@pytest.mark.parametrize("address", ["nonsense", "http://", "https://[", "ftp://aws.example"])
def test_an_endpoint_that_is_no_address_is_named(
    aws: StrictAws, opened: list[AwsSession], name: str, address: str
) -> None:
    session = AwsSession(aws.env() | {name: address}, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    with pytest.raises(InputError) as caught:
        session.account()
    assert caught.value.message == f"{name} is {address!r}, and no address."


def test_the_line_end_of_a_pasted_key_does_no_harm(aws: StrictAws, opened: list[AwsSession]) -> None:
    session = AwsSession(aws.env() | {"AWS_ACCESS_KEY_ID": "111122223333\n"}, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    assert session.account() == "111122223333"


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
@pytest.mark.parametrize("key", ["very\nsecret", "very secret", "very\x00secret", "verysécret"])
def test_a_key_that_cannot_be_one_is_named_and_never_shown(
    aws: StrictAws, opened: list[AwsSession], name: str, key: str
) -> None:
    session = AwsSession(aws.env() | {name: key}, clock=ManualClock(), patience=QUICK)
    opened.append(session)
    with pytest.raises(CredentialsError) as caught:
        session.account()
    assert name in caught.value.message
    assert "very" not in f"{caught.value} {caught.value.hint}"
    assert aws.calls == []


def test_reads_are_tried_again_after_a_throttle(room: Room, aws: StrictAws) -> None:
    aws.fault("ListLayerVersions", faults.refuse("TooManyRequestsException"))
    assert room.store().versions("http", REGION) == ()


def test_a_read_whose_answer_is_lost_is_tried_again(room: Room, aws: StrictAws) -> None:
    aws.fault("ListLayerVersions", faults.lost_answer())
    assert room.store().versions("http", REGION) == ()


def test_a_read_without_any_answer_is_no_ambiguity(room: Room, aws: StrictAws) -> None:
    aws.fault("ListLayerVersions", faults.refuse("ServiceException"), times=9)
    with pytest.raises(AwsError, match="gave no answer") as caught:
        room.store().versions("http", REGION)
    assert type(caught.value) is AwsError


def test_clients_are_made_once(room: Room) -> None:
    session = room.session()
    assert session.lambda_(REGION) is session.lambda_(REGION)
    assert session.lambda_(REGION) is not session.publisher(REGION)
    assert session.lambda_(REGION) is not session.lambda_("eu-west-1")
