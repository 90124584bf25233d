"""What happens between the first functions and the rest: a pause, alarms, and somebody who says stop."""

import signal

import pytest

from layer_action.rollout.journal import Result
from tests.end_to_end.scene import Scene
from tests.journals import read_journal
from tests.standins.aws import faults


@pytest.mark.parametrize(
    ("on_failure", "after", "tag"),
    [("rollback", ["parcel:1"], {"layer-failed:parcel": "1.1.0"}), ("stop", ["parcel:2"], {})],
)
def test_an_alarm_after_the_first_function_ends_the_rollout(
    scene: Scene, on_failure: str, after: list[str], tag: dict[str, str]
) -> None:
    scene.configure("bake: 0.02", "alarms: [errors]", f"on-failure: {on_failure}")
    alarms = scene.aws.region().alarms
    alarms["errors"] = "OK"
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.aws.fault("UpdateFunctionConfiguration", faults.then(lambda: alarms.update(errors="ALARM")))
    said = scene.run("publish", code=6)
    assert "errors is in ALARM in us-east-1" in said
    assert scene.layers("labels") == after
    assert scene.layers("orders") == ["parcel:1"]
    assert tag.items() <= scene.tags("labels").items()


def test_an_alarm_without_data_is_no_alarm(scene: Scene) -> None:
    scene.configure("bake: 0.02", "alarms: [errors]")
    scene.aws.region().alarms["errors"] = "INSUFFICIENT_DATA"
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.run("publish")
    assert scene.layers("labels") == scene.layers("orders") == ["parcel:2"]


def test_an_alarm_that_is_deleted_while_the_first_is_watched_puts_it_back(scene: Scene) -> None:
    scene.configure("bake: 0.02", "alarms: [errors]")
    alarms = scene.aws.region().alarms
    alarms["errors"] = "OK"
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.aws.fault("UpdateFunctionConfiguration", faults.then(alarms.clear))
    said = scene.run("publish", code=6)
    assert "There is no CloudWatch alarm named errors in us-east-1." in said
    assert "1 function was put back on its old layers, 1 was not started." in " ".join(said.split())
    assert scene.layers("labels") == scene.layers("orders") == ["parcel:1"]
    assert scene.tags("labels") == {}, "the version is not at fault"


def test_after_a_silent_pause_the_rest_follows(scene: Scene) -> None:
    scene.configure("bake: 0.02", "alarms: [errors]")
    scene.aws.region().alarms["errors"] = "OK"
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.run("publish")
    assert scene.layers("labels") == scene.layers("orders") == ["parcel:2"]


def test_a_stopped_run_finishes_the_function_in_flight_and_the_next_the_rest(scene: Scene) -> None:
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    process = scene.checkout.start("publish", "--yes")
    scene.aws.fault("UpdateFunctionConfiguration", faults.then(lambda: process.send_signal(signal.SIGTERM)))
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "Stopped by SIGTERM" in said
    assert (scene.layers("labels"), scene.layers("orders")) == (["parcel:2"], ["parcel:1"])
    entries = read_journal(scene.checkout.root / ".lambda-layer-action" / "journal.jsonl").entries
    assert [(entry.call, entry.result) for entry in entries] == [("publish", Result.DONE), ("set_layers", Result.DONE)]
    scene.run("publish")
    assert scene.layers("orders") == ["parcel:2"]
