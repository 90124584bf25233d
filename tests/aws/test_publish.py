import threading
from typing import Any

import pytest

from layer_action.aws.session import Patience
from layer_action.errors import (
    AccessDeniedError,
    AmbiguousError,
    AwsError,
    ConflictError,
    PartialApplyError,
    ThrottledError,
)
from layer_action.model.layer import Publication
from layer_action.ports.aws import PublishRequest
from tests.aws.conftest import REGION, Room
from tests.factories import X86_312, make_spec
from tests.standins.aws import faults
from tests.standins.aws.errors import EC2_THROTTLE
from tests.standins.aws.server import StrictAws


def numbers(aws: StrictAws, layer: str = "http") -> list[int]:
    return sorted(aws.region().layers[layer].versions)


def lost_behind(aws: StrictAws, **version: Any) -> faults.Fault:
    """Somebody else publishes, and our own request is lost before anything is done."""

    def publish() -> None:
        aws.add_layer_version("http", **version)

    return faults.Fault(before=publish, done=False, drop=True)


def publications(aws: StrictAws) -> list[str]:
    return [call.outcome for call in aws.calls if call.operation == "PublishLayerVersion"]


def test_a_lost_answer_is_found_and_not_published_twice(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.lost_answer())
    version = room.store().publish(room.request())
    assert (version.number, numbers(aws), publications(aws)) == (1, [1], ["lost"])


def test_a_request_that_never_arrived_is_made_again(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.dropped())
    version = room.store().publish(room.request())
    assert (version.number, numbers(aws), publications(aws)) == (1, [1], ["lost", "201"])


def test_a_time_out_is_a_lost_answer(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.hang(5.0, done=True))
    impatient = Patience(attempts=2, connect=1.0, read=1.0, publish_read=0.3)
    version = room.store(patience=impatient).publish(room.request())
    assert (version.number, numbers(aws)) == (1, [1])


@pytest.mark.parametrize("code", ["ServiceException", "InternalFailure", "TooManyRequestsException"])
def test_a_server_error_or_throttle_is_tried_again(room: Room, aws: StrictAws, code: str) -> None:
    aws.fault("PublishLayerVersion", faults.refuse(code), times=2)
    assert room.store().publish(room.request()).number == 1
    assert publications(aws) == [code, code, "201"]
    assert room.clock.slept[-1] > 0


def test_a_throttle_that_never_ends_is_told(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.refuse("TooManyRequestsException"), times=9)
    with pytest.raises(ThrottledError, match="Rate exceeded"):
        room.store().publish(room.request())
    assert len(publications(aws)) == 5


def test_answers_that_are_always_lost_before_anything_is_done_are_told(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.dropped(), times=9)
    with pytest.raises(AmbiguousError, match="may or may not"):
        room.store().publish(room.request())
    assert "http" not in aws.region().layers


def test_a_refusal_is_final(room: Room, aws: StrictAws) -> None:
    aws.deny("lambda:PublishLayerVersion")
    with pytest.raises(AccessDeniedError) as caught:
        room.store().publish(room.request())
    arn = f"arn:aws:lambda:{REGION}:111122223333:layer:http"
    assert f"Allow lambda:PublishLayerVersion on {arn} " in caught.value.hint
    assert len(publications(aws)) == 1


def test_somebody_elses_version_is_never_taken_for_ours(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", lost_behind(aws, description="theirs"))
    assert room.store().publish(room.request()).number == 2


def test_the_same_description_over_other_bytes_is_not_ours(room: Room, aws: StrictAws) -> None:
    request = room.request()
    aws.fault("PublishLayerVersion", lost_behind(aws, description=request.description))
    assert room.store().publish(request).number == 2


def test_two_runs_at_once_take_the_same_version(room: Room) -> None:
    request = room.request()
    stores = [room.store(account="111122223333", region=REGION, role="") for _ in range(4)]
    gate, found = threading.Barrier(4), []

    def run(index: int) -> None:
        gate.wait()
        found.append(stores[index].publish(request).number)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {1}


def test_runs_of_two_commits_with_the_same_content_take_the_same_version(room: Room, aws: StrictAws) -> None:
    request = room.request()
    data = request.artifact.path.read_bytes()
    other = request.description.replace("git:0", "git:f")
    aws.fault("PublishLayerVersion", lost_behind(aws, description=other, content=data))
    assert other != request.description
    assert room.store().publish(request).number == 1


def test_a_region_without_the_architectures_field_gets_a_version_without(room: Room, aws: StrictAws) -> None:
    aws.world.no_architectures.add(REGION)
    room.store().publish(room.request())
    assert aws.region().layers["http"].versions[1].architectures is None


def test_other_bytes_than_were_built_are_an_error(room: Room) -> None:
    request = room.request()
    request.artifact.path.write_bytes(room.artifact(files={"python/evil.py": b"1"}).path.read_bytes())
    with pytest.raises(PartialApplyError, match="holds other bytes"):
        room.store().publish(request)


def test_sharing_grants_accounts_and_organisations(room: Room, aws: StrictAws) -> None:
    spec = make_spec(targets=(X86_312,), publication=Publication(share=("444455556666", "o-abcdefghij")))
    version = room.store().publish(room.request(room.artifact(spec)))
    assert room.store().share(version, spec.publication) == ("444455556666", "o-abcdefghij")
    assert aws.region().layers["http"].versions[1].policy == {
        "lambda-layer-action-444455556666": {"principal": "444455556666", "organization": None},
        "lambda-layer-action-o-abcdefghij": {"principal": "*", "organization": "o-abcdefghij"},
    }


def test_a_failed_look_for_twins_fails_no_publication(room: Room, aws: StrictAws) -> None:
    aws.deny("lambda:ListLayerVersions")
    assert room.store().publish(room.request()).number == 1


def test_a_lost_answer_that_cannot_be_looked_up_stays_ambiguous(room: Room, aws: StrictAws) -> None:
    aws.deny("lambda:ListLayerVersions")
    aws.fault("PublishLayerVersion", faults.lost_answer())
    with pytest.raises(AmbiguousError):
        room.store().publish(room.request())
    assert numbers(aws) == [1]


def test_what_a_killed_run_left_undone_is_completed_and_then_left_alone(room: Room, aws: StrictAws) -> None:
    store = room.store()
    version = store.publish(room.request())
    wanted = Publication(share=("444455556666",))
    assert store.share(version, wanted) == wanted.share
    assert len(aws.region().layers["http"].versions[1].policy) == 1
    aws.forget_calls()
    assert store.share(version, wanted) == ()
    assert aws.writes == []


def test_a_large_zip_without_a_bucket_says_what_to_set(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layer_action.aws.publish.DIRECT_LIMIT", 10)
    with pytest.raises(AwsError) as caught:
        room.store().publish(room.request())
    assert "s3-bucket" in caught.value.hint


@pytest.mark.parametrize(
    ("bucket", "code", "hint"),
    [
        ("missing", "NoSuchBucket", "Create the bucket"),
        ("theirs", "AccessDenied", "Allow s3:PutObject on arn:aws:s3:::theirs/"),
    ],
)
def test_a_bucket_that_cannot_be_written_says_what_to_do(
    room: Room, monkeypatch: pytest.MonkeyPatch, bucket: str, code: str, hint: str
) -> None:
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    room.session(account="999988887777").s3(REGION).create_bucket(Bucket="theirs")
    spec = make_spec(targets=(X86_312,), publication=Publication(s3_bucket=bucket))
    with pytest.raises(AwsError) as caught:
        room.store().publish(room.request(room.artifact(spec)))
    assert hint in caught.value.hint
    assert code in str(caught.value.__cause__)


@pytest.fixture
def by_bucket(room: Room, monkeypatch: pytest.MonkeyPatch) -> PublishRequest:
    """A zip that goes through the bucket `zips`, which is there."""
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    room.session().s3(REGION).create_bucket(Bucket="zips")
    return room.request(room.artifact(make_spec(targets=(X86_312,), publication=Publication(s3_bucket="zips"))))


def test_a_zip_that_is_in_the_bucket_already_is_used(room: Room, aws: StrictAws, by_bucket: PublishRequest) -> None:
    aws.fault("PutObject", faults.lost_answer())
    assert room.store().publish(by_bucket).number == 1
    (key,) = aws.world.buckets["zips"].objects
    assert key.startswith("lambda-layer-action/")


def test_another_run_that_stores_the_same_zip_is_waited_for(
    room: Room, aws: StrictAws, by_bucket: PublishRequest
) -> None:
    aws.fault("PutObject", faults.refuse("ConditionalRequestConflict", status=409), times=2)
    assert room.store().publish(by_bucket).number == 1


def test_a_zip_that_another_run_never_ends_to_store_is_not_published(
    room: Room, aws: StrictAws, by_bucket: PublishRequest
) -> None:
    aws.fault("PutObject", faults.refuse("ConditionalRequestConflict", status=409), times=5)
    with pytest.raises(ConflictError, match="Another run is storing the same zip in zips"):
        room.store().publish(by_bucket)
    assert not aws.region().layers


def test_ec2s_throttle_is_a_throttle(room: Room, aws: StrictAws) -> None:
    aws.fault("PublishLayerVersion", faults.refuse("InvalidParameterValueException", EC2_THROTTLE))
    assert room.store().publish(room.request()).number == 1
