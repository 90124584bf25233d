"""Reading the lock of a published version where AWS does not give it: what is there is told from what is not."""

from layer_action.model.function import Unknown, Unread
from layer_action.model.lock import Lock
from layer_action.model.published import LayerVersion
from tests.aws.conftest import Room
from tests.aws.contract import publish
from tests.standins.aws.server import StrictAws


def read(room: Room, version: LayerVersion) -> Lock | Unknown:
    return room.store().lock(version)


def instead(aws: StrictAws, content: bytes) -> None:
    """Let the address of each zip give something else."""
    aws.world.blobs.update(dict.fromkeys(aws.world.blobs, content))


def test_a_zip_that_is_refused_is_unread_and_says_what_to_do(room: Room, aws: StrictAws) -> None:
    version = publish(room)
    aws.world.blobs.clear()
    lock = read(room, version)
    assert isinstance(lock, Unread)
    assert lock.reason.endswith("could not be downloaded: the server answers 403.")
    assert "S3" in lock.way_out


def test_a_version_that_went_after_it_was_listed_is_unread(room: Room) -> None:
    version = publish(room)
    room.store().delete(version)
    assert isinstance(read(room, version), Unread)


def test_a_page_in_place_of_the_zip_is_unread(room: Room, aws: StrictAws) -> None:
    version = publish(room)
    instead(aws, b"<html>Please log in to the proxy</html>")
    lock = read(room, version)
    assert isinstance(lock, Unread)
    assert lock.reason == f"39 bytes came in place of the zip of {room.artifact().size.zipped}."


def test_what_is_no_zip_at_all_has_no_lock(room: Room, aws: StrictAws) -> None:
    version = publish(room)
    instead(aws, bytes(room.artifact().size.zipped))
    lock = read(room, version)
    assert isinstance(lock, Unknown)
    assert not isinstance(lock, Unread)
