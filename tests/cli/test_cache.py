"""Where wheels are kept, when the place cannot be had."""

from tests.cli.door import Door


def test_a_cache_that_cannot_be_used_is_a_wrong_input_and_no_layers_problem(door: Door) -> None:
    ran = door.run("build", "--cache-dir", ".github/lambda-layers.yml/cache")
    assert (ran.code, ran.places) == (2, ["input cache-dir"])
    assert "Not a directory" in ran.err


def test_a_cache_of_which_a_part_cannot_be_used_is_a_wrong_input(door: Door) -> None:
    cache = door.folder / "cache"
    cache.mkdir()
    (cache / "metadata").write_text("somebody's file", encoding="utf-8")
    ran = door.run("build", "--cache-dir", str(cache))
    assert (ran.code, ran.places) == (2, ["input cache-dir"])
    assert "metadata is no folder" in ran.err


def test_a_user_without_a_home_has_a_cache_for_the_run(door: Door) -> None:
    homeless = {name: value for name, value in door.env.items() if name != "INPUT_CACHE-DIR"}
    nowhere = door.folder / "nobody"
    nowhere.write_text("a file, so that no folder can be made below it", encoding="utf-8")
    door.env = homeless | {"HOME": str(nowhere)}
    ran = door.run("build", "--all")
    assert ran.code == 0, ran.said
    assert "parcel.zip" in ran.out
