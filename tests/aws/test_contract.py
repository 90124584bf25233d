"""What both stand-ins must answer alike: so the strict one cannot drift into fiction."""

import io
import zipfile

import pytest

from layer_action.aws.parameters import AwsParameters
from layer_action.errors import (
    AwsError,
    MissingResourceError,
    WrongAccountError,
)
from layer_action.model.function import Unknown
from layer_action.model.layer import Publication
from tests.aws.conftest import REGION, Room
from tests.aws.contract import CODE, OTHER, publish
from tests.factories import X86_312, make_spec


def test_a_published_version_is_listed_with_its_description_read_back(either: Room) -> None:
    published = publish(either)
    (listed,) = either.store().versions("http", REGION)
    assert listed.number == published.number == 1
    assert str(listed.arn) == f"arn:aws:lambda:{REGION}:111122223333:layer:http"
    assert listed.published is not None
    assert (str(listed.published.version), listed.published.digest) == ("1.0.0", either.artifact().content.digest)
    assert (listed.runtimes, listed.architectures) == (("python3.12",), ("x86_64",))


def test_a_version_read_alone_has_its_hash_and_size(either: Room) -> None:
    publish(either)
    artifact = either.artifact()
    version = either.store().version("http", REGION, 1)
    assert (version.code_sha256, version.zipped) == (artifact.code_sha256, artifact.size.zipped)


def test_a_layer_that_nobody_published_has_no_versions(either: Room) -> None:
    assert either.store().versions("nothing", REGION) == ()


def test_a_version_that_does_not_exist_is_missing(either: Room) -> None:
    with pytest.raises(MissingResourceError):
        either.store().version("http", REGION, 1)


def test_numbers_are_never_used_twice(either: Room) -> None:
    first = publish(either)
    either.store().delete(first)
    either.store().delete(first)
    assert publish(either, known=1).number == 2


def test_more_than_a_page_of_versions_is_listed_newest_first(either: Room) -> None:
    client = either.session().publisher(REGION)
    for _ in range(53):
        client.publish_layer_version(LayerName="many", Content={"ZipFile": CODE})
    assert [version.number for version in either.store().versions("many", REGION)] == list(range(53, 0, -1))


def test_regions_and_accounts_are_apart(either: Room) -> None:
    publish(either)
    assert either.store().versions("http", "eu-west-1") == ()
    assert either.store(account=OTHER).versions("http", REGION) == ()


def test_the_lock_inside_a_version_is_read_back(either: Room) -> None:
    version = publish(either)
    lock = either.store().lock(version)
    assert not isinstance(lock, Unknown)
    assert lock == either.artifact().content.lock


def test_without_a_lock_the_names_of_the_distributions_stand_in(either: Room) -> None:
    files = {"python/Foo_Bar-1.2.dist-info/METADATA": b"", "python/lib/python3.12/site-packages/b-2.dist-info/X": b""}
    spec = make_spec(targets=(X86_312,))
    version = either.store().publish(either.request(either.artifact(spec, files)))
    lock = either.store().lock(version)
    assert not isinstance(lock, Unknown)
    assert [(d.name, d.version) for d in lock.distributions] == [("b", "2"), ("foo-bar", "1.2")]


def test_the_sizes_of_a_version_are_measured(either: Room) -> None:
    version = publish(either)
    artifact = either.artifact()
    size = either.store().size(version)
    assert not isinstance(size, Unknown)
    assert (size.zipped, size.unzipped) == (artifact.size.zipped, artifact.size.unzipped)
    assert [(part.name, part.version) for part in size.distributions] == [("requests", "2.32.3")]
    assert either.store().unzipped(version.version_arn) == artifact.size.unzipped
    assert either.store().distributions(version.version_arn) == {"requests": "2.32.3"}


def test_a_version_tells_who_else_may_use_it(either: Room) -> None:
    alone = publish(either)
    shared = publish(either, known=1, publication=Publication(share=(OTHER, "o-abcdefghij")))
    assert either.store().sharers(alone) == ()
    assert either.store().sharers(shared) == (OTHER, "o-abcdefghij")


def test_a_bad_zip_is_refused(either: Room) -> None:
    request = either.request()
    request.artifact.path.write_bytes(b"no zip")
    with pytest.raises(AwsError, match="Could not unzip uploaded file"):
        either.store().publish(request)


@pytest.fixture(scope="module")
def beyond_the_limit() -> bytes:
    """A zip that unpacks to a byte more than Lambda's limit: ministack lets the limit itself pass."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("python/zeros", bytes(262_144_001))
    return target.getvalue()


def test_a_layer_beyond_the_unzipped_limit_is_refused(either: Room, beyond_the_limit: bytes) -> None:
    with pytest.raises(AwsError, match="Unzipped size must be smaller than 262144000 bytes"):
        _publish_bytes(either, beyond_the_limit)


def _publish_bytes(room: Room, data: bytes) -> None:
    request = room.request()
    request.artifact.path.write_bytes(data)
    room.store().publish(request)


def test_a_foreign_layer_can_be_read_once_it_is_shared(either: Room) -> None:
    version = publish(either)
    theirs = either.store(account=OTHER)
    assert isinstance(theirs.unzipped(version.version_arn), Unknown)
    either.store().publish(either.request())  # the same again, unshared
    shared = publish(either, "http", known=2, publication=Publication(share=(OTHER,)))
    assert theirs.unzipped(shared.version_arn) == either.artifact().size.unzipped


def test_a_large_zip_goes_through_the_bucket_of_its_region(either: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    either.session().s3(REGION).create_bucket(Bucket=f"zips-{REGION}")
    version = publish(either, publication=Publication(s3_bucket="zips-{region}"))
    again = publish(either, known=1, publication=Publication(s3_bucket="zips-{region}"))
    assert (version.number, again.number) == (1, 2)
    assert either.store().version("http", REGION, 2).code_sha256 == either.artifact().code_sha256


def test_a_bucket_in_another_region_is_refused(either: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layer_action.aws.publish.THROUGH_S3_FROM", 1)
    either.session(region="eu-west-1").s3("eu-west-1").create_bucket(
        Bucket="zips-there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(AwsError) as caught:
        publish(either, publication=Publication(s3_bucket="zips-there"))
    assert "PermanentRedirect" in caught.value.message
    assert "{region}" in caught.value.hint


def test_a_parameter_is_written_again_and_keeps_its_tags(either: Room) -> None:
    parameters = AwsParameters(either.session())
    assert parameters.value("/layers/http", REGION) == ""
    assert parameters.tags("/layers/http", REGION) == {}
    parameters.put("/layers/http", REGION, "one")
    parameters.tag("/layers/http", REGION, {"layer-failed:http": "1.1.0", "team": "shop"})
    parameters.put("/layers/http", REGION, "two")
    assert parameters.value("/layers/http", REGION) == "two"
    assert parameters.tags("/layers/http", REGION) == {"layer-failed:http": "1.1.0", "team": "shop"}


def test_the_account_is_that_of_the_credentials(either: Room) -> None:
    assert either.store(account=OTHER).account() == OTHER
    with pytest.raises(WrongAccountError, match="444455556666"):
        either.store(account=OTHER, account_expected="111122223333").account()


def test_a_role_of_another_account_is_assumed(either: Room) -> None:
    secrets: list[str] = []
    store = either.store(role=f"arn:aws:iam::{OTHER}:role/deploy", mask=secrets.append)
    assert store.account() == OTHER
    assert len(secrets) == 3
