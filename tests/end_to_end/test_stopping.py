"""Told to stop, or with a disk that is full: what ends at once, what is finished first, and what is said."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.scene import CONFIG, Scene
from tests.standins.aws import faults

LAYERS = "".join(f"  l{number}: layers/l{number}/requirements.txt\n" for number in range(6))


@contextmanager
def silent_index() -> Iterator[str]:
    """A package index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def resolving(scene: Scene, index: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a run of several layers that all wait for the index; return it when their resolvers run."""
    for number in range(6):
        scene.checkout.write(f"layers/l{number}/requirements.txt", f"package-{number}\n")
    scene.checkout.write(CONFIG, f"runtimes: [python3.12]\narchitectures: [x86_64]\nlayers:\n{LAYERS}")
    scene.checkout.commit("Declare six layers")
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    process = scene.checkout.start("plan", *arguments, UV_DEFAULT_INDEX=index, UV_INDEX_URL="", PIP_INDEX_URL="")
    until = time.monotonic() + 20
    while len(resolvers(process.pid)) < 2:
        assert time.monotonic() < until, process.communicate()[0]
        time.sleep(0.05)
    return process


def resolvers(parent: int) -> list[int]:
    """Return the running children of a process that are uv."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = stat.read_text().partition("(")[2].rpartition(")")[::2]
        except OSError:
            continue  # it is over
        state, owner = rest.split()[:2]
        if (name, int(owner)) == ("uv", parent) and state != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_waits_for_resolvers_ends_them_and_itself_at_once(scene: Scene, number: signal.Signals) -> None:
    with silent_index() as index:
        process = resolving(scene, index)
        children = resolvers(process.pid)
        begun = time.monotonic()
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + number, said
    assert time.monotonic() - begun < 4.8, "it need not be ended by force"
    assert f"The run was stopped by {number.name} before it changed anything in AWS." in said
    assert "Run again" in said
    assert "Traceback" not in said
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert scene.written == []


def test_a_run_that_waits_for_aws_ends_soon_all_the_same(scene: Scene) -> None:
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    for _ in range(3):
        scene.aws.fault("ListFunctions", faults.hang(60))
    scene.configure(regions="us-east-1, eu-central-1")
    process = scene.checkout.start("publish", "--yes")
    until = time.monotonic() + 30
    while not any(call.operation == "ListFunctions" for call in scene.aws.calls):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "The run was stopped by SIGTERM before it changed anything in AWS." in said


def test_told_to_stop_twice_a_rollout_ends_at_once_and_the_journal_tells(scene: Scene) -> None:
    scene.add_function("labels", "parcel:1")
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    scene.aws.world.update_seconds = 300.0
    process = scene.checkout.start("publish", "--yes")
    until = time.monotonic() + 30
    while not any(call.operation == "UpdateFunctionConfiguration" for call in scene.aws.calls):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None, "the function in flight is to be finished"
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert "in the middle of a change; the journal tells how far it came" in said


def test_a_canary_stays_when_its_watch_is_interrupted_and_the_way_on_and_back_are_said(scene: Scene) -> None:
    scene.configure("bake: 5")
    scene.add_function("labels", "parcel:1")
    scene.add_function("orders", "parcel:1")
    scene.checkout.env = {**scene.aws.env(), "INPUT_CACHE-DIR": str(scene.cache)}
    process = scene.checkout.start("publish", "--yes")
    until = time.monotonic() + 30
    while scene.layers("labels") != ["parcel:2"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM, said
    words = " ".join(said.split())
    assert "The first functions were not watched to the end." in words
    assert "1 function was moved and stays on its new layers, 1 was not started." in words
    assert "To take back what it moved: `rollback LAYER --journal FILE`." in words
    journal = str(scene.checkout.root / ".lambda-layer-action" / "journal.jsonl")
    scene.run("rollback", "parcel", "--journal", journal)
    assert scene.layers("labels") == ["parcel:1"]


def test_a_journal_that_cannot_be_written_keeps_everything_from_being_done(scene: Scene) -> None:
    folder = scene.checkout.root / ".lambda-layer-action"
    folder.mkdir(exist_ok=True)
    (folder / "journal.jsonl").unlink(missing_ok=True)
    (folder / "journal.jsonl").symlink_to("/dev/full")
    said = scene.run("publish", code=3)
    assert "The journal cannot be written: No space left on device." in said
    assert "Traceback" not in said
    assert scene.written == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
@pytest.mark.parametrize("where", ["build", "cache"])
def test_a_disk_that_is_full_while_a_zip_is_built_is_a_sentence(scene: Scene, where: str) -> None:
    folder = scene.checkout.root / ".lambda-layer-action" / "build" if where == "build" else scene.cache
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,nr_inodes=4", "tmpfs", str(folder)], check=True)
    try:
        (folder / "full").write_bytes(b"x" * 8192)
        said = scene.run("publish", code=3)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert "This machine cannot write any more" in said
    assert "No space left on device" in said
    assert "Traceback" not in said
    assert scene.written == []
