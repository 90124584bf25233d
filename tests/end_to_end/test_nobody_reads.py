"""Whoever reads along may go, as `| head` does: a run goes on, and ends as it would have."""

import subprocess

from tests.end_to_end.scene import Scene


def unheard(scene: Scene, *arguments: str) -> subprocess.Popen[str]:
    """Start a run, and close the pipe that it writes to before its first line."""
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    process = scene.checkout.start(*arguments)
    assert process.stdout
    process.stdout.close()
    return process


def test_a_rollout_goes_on_when_nobody_reads_its_output(scene: Scene) -> None:
    scene.add_function("orders", "parcel:1")
    assert unheard(scene, "publish", "--yes").wait(60) == 0
    assert scene.layers("orders") == ["parcel:2"]


def test_an_error_keeps_its_exit_code_when_nobody_reads_it(scene: Scene) -> None:
    assert unheard(scene, "show", "nothing").wait(60) == 2


def test_help_and_json_may_be_cut_short(scene: Scene) -> None:
    assert unheard(scene, "--help").wait(60) == 0
    assert unheard(scene, "status", "--json").wait(60) == 0
