"""Deleting what nothing uses: never what others may use, and never without telling what is gone."""

from tests.end_to_end.scene import Scene

THEIRS = "444455556666"


def publish_more(scene: Scene, *versions: str) -> None:
    """Publish more versions of `parcel`."""
    for version in versions:
        scene.checkout.lock_wheel("parcel", "parcel", version)
        scene.checkout.commit(f"Raise parcel to {version}")
        scene.run("publish")


def test_a_version_that_was_shared_once_stays_until_it_is_asked_for(scene: Scene) -> None:
    scene.configure(f"share: ['{THEIRS}']")
    scene.run("publish")
    scene.configure()
    publish_more(scene, "1.2.0")
    said = scene.run("prune", "--keep", "1")
    assert f"account {THEIRS}" in said
    assert "`--shared` deletes it too" in said
    assert scene.numbers() == [2, 3]
    scene.run("prune", "--keep", "1", "--shared")
    assert scene.numbers() == [3]


def test_what_a_function_lists_or_a_published_version_of_one_stays(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1", versions=1, aliases={"live": "1"})
    publish_more(scene, "1.2.0", "1.3.0")
    said = scene.run("prune", "--keep", "1")
    assert "orders:1 (live)" in said
    assert scene.numbers() == [1, 3]


def test_a_deletion_that_is_refused_half_way_tells_what_is_gone(scene: Scene) -> None:
    publish_more(scene, "1.2.0", "1.3.0")
    scene.aws.deny("lambda:DeleteLayerVersion", "*:layer:parcel:1")
    said = scene.run("prune", "--keep", "1", code=6)
    assert "1 of 2 versions were deleted (arn:aws:lambda:us-east-1:111122223333:layer:parcel:2), then:" in said
    assert "Allow lambda:DeleteLayerVersion on arn:aws:lambda:us-east-1:111122223333:layer:parcel:1" in said
    assert scene.numbers() == [1, 3]
