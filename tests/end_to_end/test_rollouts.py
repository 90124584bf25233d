"""Publishing and rolling out, by the real command line over real HTTP, against AWS's own semantics."""

from tests.end_to_end.scene import EAST, WEST, Scene
from tests.standins.aws import faults
from tests.standins.aws.state import AliasRecord

BOTH = f"{EAST}, {WEST}"


def test_a_version_is_shared_and_recorded_in_every_region(scene: Scene) -> None:
    scene.configure("share: ['444455556666', o-abcdefghij]", "ssm: /layers/{layer}", regions=BOTH)
    scene.run("publish")
    for region, number in ((EAST, 2), (WEST, 1)):
        version = scene.aws.region(region).layers["parcel"].versions[number]
        granted = {(who["principal"], who["organization"]) for who in version.policy.values()}
        assert granted == {("444455556666", None), ("*", "o-abcdefghij")}
        assert scene.aws.region(region).parameters["/layers/parcel"]["Value"] == version.arn
    scene.aws.forget_calls()
    scene.run("publish")
    assert scene.written == []


def test_a_version_that_cannot_be_shared_is_told_as_published_and_completed_by_the_next_run(scene: Scene) -> None:
    scene.configure("share: ['444455556666']")
    scene.add_function("orders", "parcel:1")
    scene.aws.deny("lambda:AddLayerVersionPermission")
    said = " ".join(scene.run("publish", code=6).split())
    assert "1 of 1 layer version published, and no function moved" in said
    assert "Allow lambda:AddLayerVersionPermission on arn:aws:lambda:us-east-1:111122223333:layer:parcel:2" in said
    assert "Not published" not in said
    assert scene.layers("orders") == ["parcel:1"]
    scene.aws.world.denied.clear()
    scene.run("publish")
    assert scene.layers("orders") == ["parcel:2"]
    assert len(scene.aws.region().layers["parcel"].versions[2].policy) == 1


def test_two_zips_cannot_be_recorded_in_one_parameter(scene: Scene) -> None:
    scene.configure("name: parcel-{architecture}", "architectures: [x86_64, arm64]", "ssm: /layers/parcel")
    said = scene.run("publish", code=2)
    assert "`parcel-x86_64` and `parcel-arm64` would both be recorded in the parameter /layers/parcel" in said
    assert "lambda-layers.yml:9" in said
    assert scene.written == []


def test_functions_keep_the_place_of_the_layer_and_the_layers_of_others(scene: Scene) -> None:
    scene.add_function("orders", "vendor:1", "parcel:1", "metrics:1")
    scene.add_function("labels", "parcel:1")
    scene.add_function("returns", "vendor:1")
    scene.run("publish")
    assert scene.layers("orders") == ["vendor:1", "parcel:2", "metrics:1"]
    assert scene.layers("labels") == ["parcel:2"]
    updates = [call for call in scene.written if call.operation == "UpdateFunctionConfiguration"]
    assert len(updates) == 2
    assert all(call.parameters["RevisionId"] for call in updates)


def test_an_alias_follows_onto_a_new_function_version(scene: Scene) -> None:
    scene.configure("alias: live")
    scene.add_function("orders", "parcel:1", versions=1, aliases={"live": "1"})
    scene.run("publish")
    function = scene.aws.region().functions["orders"]
    assert function.aliases["live"].version == "2"
    assert [arn.rpartition("layer:")[2] for arn in function.versions["2"].layers] == ["parcel:2"]
    assert [arn.rpartition("layer:")[2] for arn in function.versions["1"].layers] == ["parcel:1"]


def test_an_alias_that_splits_traffic_is_left_alone(scene: Scene) -> None:
    scene.configure("alias: live")
    scene.add_function("orders", "parcel:1", versions=2)
    aliases = scene.aws.region().functions["orders"].aliases
    aliases["live"] = AliasRecord(name="live", version="1", weights={"2": 0.1})
    said = scene.run("publish")
    assert "it splits traffic between two versions" in said
    assert (aliases["live"].version, aliases["live"].weights) == ("1", {"2": 0.1})
    assert scene.layers("orders") == ["parcel:2"]


def test_an_alias_that_would_release_unreleased_code_is_left_alone(scene: Scene) -> None:
    scene.configure("alias: live")
    scene.add_function("orders", "parcel:1", versions=1, aliases={"live": "1"})
    scene.aws.region().functions["orders"].configuration.code_sha256 = "unreleased="
    said = scene.run("publish")
    assert "its code is not that of $LATEST" in said
    assert scene.aws.region().functions["orders"].aliases["live"].version == "1"


def test_a_rollback_puts_the_parameter_back_and_says_so(scene: Scene) -> None:
    scene.configure("ssm: /layers/{layer}")
    scene.add_function("orders", "parcel:1")
    scene.run("publish")
    parameter = scene.aws.region().parameters["/layers/parcel"]
    assert parameter["Value"].endswith(":parcel:2")
    said = " ".join(scene.run("rollback", "parcel").split())
    assert "no layer changes, 1 function moves back, 1 SSM parameter goes back" in said
    assert "Done: 1 function moved back, 1 SSM parameter written" in said
    assert "/layers/parcel: parcel:2 → parcel 1.0.0 (parcel:1)" in said
    assert parameter["Value"].endswith(":parcel:1")
    again = scene.run("publish")
    assert "nothing to do, 1 function held back from a version that failed or was rolled back" in again
    assert "Or remove the tag layer-failed:parcel from orders: 1.1.0 is then tried again." in again
    assert parameter["Value"].endswith(":parcel:1")


def test_a_plan_published_twice_says_that_it_was_there(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1")
    file = str(scene.checkout.root.parent / "plan.json")
    scene.run("plan", "--out", file)
    assert "Done: 1 version published, 1 function moved" in scene.run("publish", "--plan", file)
    said = scene.run("publish", "--plan", file)
    assert "Done: 1 version published already" in said
    assert "orders (parcel): it is there already" in said
    assert scene.numbers() == [1, 2]


def test_a_function_of_a_stack_is_skipped_with_the_ways_out_unless_it_may_move(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1", tags={"aws:cloudformation:stack-name": "shop"})
    said = scene.run("publish")
    assert "the CloudFormation stack shop manages it" in said
    assert "managed-functions: move" in said
    assert scene.layers("orders") == ["parcel:1"]
    scene.configure("managed-functions: move")
    scene.run("publish")
    assert scene.layers("orders") == ["parcel:2"]
    assert scene.numbers() == [1, 2]


def test_functions_follow_a_renamed_layer(scene: Scene) -> None:
    scene.configure("name: parcels", "replaces: parcel")
    scene.add_function("orders", "vendor:1", "parcel:1", "metrics:1")
    scene.run("publish")
    assert scene.layers("orders") == ["vendor:1", "parcels:1", "metrics:1"]
    assert scene.numbers() == [1]


def test_globs_say_which_functions_move(scene: Scene) -> None:
    scene.configure("functions: {include: ['shop-*'], exclude: ['*-legacy']}")
    for name in ("shop-orders", "shop-legacy", "other"):
        scene.add_function(name, "parcel:1")
    scene.run("publish")
    moved = {name: scene.layers(name) for name in ("shop-orders", "shop-legacy", "other")}
    assert moved == {"shop-orders": ["parcel:2"], "shop-legacy": ["parcel:1"], "other": ["parcel:1"]}


def test_the_first_region_decides_the_version_and_the_others_copy_it(scene: Scene) -> None:
    scene.configure(regions=BOTH)
    scene.run("publish")
    assert scene.versions() == ["1.0.0", "1.1.0"]
    assert scene.versions(region=WEST) == ["1.1.0"]


def test_no_function_moves_when_a_region_fails_and_the_next_run_ends_it(scene: Scene) -> None:
    scene.configure(regions=BOTH)
    scene.add_function("orders", "parcel:1")
    scene.aws.deny("lambda:PublishLayerVersion", f"arn:aws:lambda:{WEST}:*")
    said = " ".join(scene.run("publish", code=6).split())
    assert f"Allow lambda:PublishLayerVersion on arn:aws:lambda:{WEST}:111122223333:layer:parcel" in said
    assert scene.layers("orders") == ["parcel:1"]
    scene.aws.world.denied.clear()
    scene.run("publish")
    assert scene.layers("orders") == ["parcel:2"]
    assert (scene.numbers(), scene.numbers(region=WEST)) == ([1, 2], [1])
    assert scene.versions(region=WEST) == ["1.1.0"]


def test_a_function_that_is_deleted_meanwhile_fails_nothing(scene: Scene) -> None:
    for name in ("labels", "orders", "refunds"):
        scene.add_function(name, "parcel:1")

    def delete() -> None:
        del scene.aws.region().functions["orders"]

    scene.aws.fault("UpdateFunctionConfiguration", faults.then(delete))
    said = scene.run("publish")
    assert "orders" in said
    assert scene.layers("labels") == scene.layers("refunds") == ["parcel:2"]


def test_a_function_with_a_layer_that_aws_would_refuse_is_skipped_and_the_others_move(scene: Scene) -> None:
    vendor = "arn:aws:lambda:us-east-1:999988887777:layer:vendor:3"
    scene.add_function("labels", "metrics:1", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.aws.add_function("refunds", layers=[vendor, scene.aws.region().arn("layer", "parcel:1")])
    scene.aws.region().layers["metrics"].versions.clear()
    said = " ".join(scene.run("publish").split())
    assert "labels (parcel): it lists a layer that AWS would refuse" in said
    assert "layer:metrics:1 does not exist any more → Take it off the function." in said
    assert f"{vendor} is not ours to read → Another account owns {vendor}" in said
    assert scene.layers("orders") == ["parcel:2"]
    assert scene.layers("labels") == ["metrics:1", "parcel:1"]
    assert scene.aws.layers_of("refunds")[0] == vendor


def test_a_distribution_that_an_unchanged_layer_of_the_function_has_otherwise_is_told(scene: Scene) -> None:
    scene.checkout.lock_wheel("other", "parcel", "0.9.0")
    scene.configure(layers="  other:\n    requirements: layers/other/pylock.toml\n")
    scene.run("publish")
    scene.add_function("orders", "parcel:2", "other:1")
    scene.checkout.lock_wheel("parcel", "parcel", "1.3.0")
    scene.checkout.commit("Raise parcel again")
    scene.aws.forget_calls()
    said = " ".join(scene.run("plan").split())
    assert "parcel is 1.3.0 in parcel and 0.9.0 in other: orders would load files of both" in said
    assert [call.resource for call in scene.aws.calls if call.operation == "GetLayerVersion"].count(
        scene.aws.region().arn("layer", "other:1")
    ) == 1


def test_a_function_whose_runtime_takes_no_updates_is_left_and_the_others_move(scene: Scene) -> None:
    scene.configure("runtimes: [python3.11, python3.12]")
    scene.add_function("labels", "parcel:1", runtime="python3.11")
    scene.add_function("orders", "parcel:1")
    scene.add_function("refunds", "parcel:1")
    scene.aws.world.frozen_runtimes.add("python3.11")
    said = scene.run("publish")
    assert "Move the function to a runtime that AWS still supports." in " ".join(said.split())
    assert scene.layers("labels") == ["parcel:1"]
    assert scene.layers("orders") == scene.layers("refunds") == ["parcel:2"]
    assert scene.tags("labels") == {}


def test_an_old_commit_run_again_changes_nothing(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1")
    scene.run("publish")
    scene.aws.forget_calls()
    scene.checkout.git("checkout", "--quiet", "HEAD~1")
    said = scene.run("publish")
    assert "which this commit does not contain" in said
    assert scene.written == []
