"""From a command line to an exit code: quick where little is asked, and a sentence however it ends."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from layer_action import __version__, process
from layer_action.cli.main import main
from layer_action.cli.stopping import Stopping
from tests.cli.door import CONFIG, Door

ROOT = Path(__file__).parents[2]
SLOW = ("boto3", "botocore", "github", "rich", "jsonschema", "elftools", "squarify", "cyclonedx", "urllib3")


def imported(door: Door, *argv: str) -> set[str]:
    """Return the slow packages that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", ROOT / "entrypoint.py", *argv],
        cwd=door.root,
        env=door.env,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    return {module for module in modules if module in SLOW}


@pytest.mark.parametrize("argv", [("--version",), ("--help",), ("plan", "--help")])
def test_help_and_version_import_nothing_slow(door: Door, argv: tuple[str, ...]) -> None:
    assert imported(door, *argv) == set()


def test_a_build_imports_neither_aws_nor_github(door: Door) -> None:
    assert not imported(door, "build", "--base", "HEAD") & {"boto3", "botocore", "github", "cyclonedx", "rich"}


def test_a_plan_without_a_region_imports_neither_aws_nor_github(door: Door) -> None:
    assert not imported(door, "plan", "--base", "HEAD") & {"boto3", "botocore", "github", "cyclonedx", "rich"}


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"], {})
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"lambda-layer-action {__version__}\n"


# -- bugs --------------------------------------------------------------------


def test_a_bug_is_told_as_one_with_its_traceback_folded_and_the_outputs_written(door: Door) -> None:
    # nothing in the program expects git to be a folder
    (door.folder / "bin" / "git").mkdir(parents=True)
    door.env["PATH"] = str(door.folder / "bin")
    ran = door.event("workflow_dispatch")
    assert ran.code == 70
    assert [order.data for order in ran.log.named("group")][-1] == "Traceback"
    assert any("Traceback (most recent call last)" in line for line in ran.log.lines)
    [order] = ran.log.named("error")
    assert order.data.startswith("This is a bug in lambda-layer-action: PermissionError")
    assert ran.outputs["changed"] == "false"


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
def test_a_run_whose_streams_are_closed_does_its_work(door: Door, closed: str) -> None:
    plan = [sys.executable, str(ROOT / "entrypoint.py"), "plan", "--base", "HEAD"]
    command = ["sh", "-c", f'exec "$@" {closed}', "sh", *plan]
    done = subprocess.run(command, cwd=door.root, env=door.env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (door.root / ".lambda-layer-action" / "plan.json").is_file()


# -- signals -----------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_at_once_with_the_shells_code(door: Door, number: int, code: int) -> None:
    door.checkout.write("layers/parcel/requirements.txt", "parcel\n")
    config = CONFIG.replace("pylock.toml", "requirements.txt")
    door.checkout.write(".github/lambda-layers.yml", config)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that never answers
        process = subprocess.Popen(
            [sys.executable, ROOT / "entrypoint.py", "plan"],
            cwd=door.root,
            env={**door.env, "UV_DEFAULT_INDEX": f"http://127.0.0.1:{silent.getsockname()[1]}/simple"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        asked, _, _ = select.select([silent], [], [], 20)
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    assert asked, output
    assert process.returncode == code, output
    assert f"stopped by {signal.Signals(number).name} before it changed anything in AWS." in " ".join(output.split())
    assert "Traceback" not in output


INTERRUPTED_IMPORT = """\
import os, runpy, sys
module, number = sys.argv[1:]
sys.argv[1:] = ["plan"]
class Finder:
    def find_spec(name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), int(number))
sys.meta_path.insert(0, Finder)
sys.path.insert(0, os.getcwd())
runpy.run_path("entrypoint.py", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("number", "module"), [(signal.SIGINT, "layer_action.arguments"), (signal.SIGTERM, "layer_action.cli.stopping")]
)
def test_a_signal_while_the_program_is_loaded_ends_it_without_a_traceback(number: int, module: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED_IMPORT, module, str(int(number))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


def test_a_machine_that_opens_no_more_files_is_told_as_that(door: Door) -> None:
    command = [
        "sh",
        "-c",
        'ulimit -n 8; exec "$@"',
        "sh",
        sys.executable,
        str(ROOT / "entrypoint.py"),
        "build",
        "--all",
    ]
    done = subprocess.run(command, cwd=door.root, env=door.env, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "Too many open files" in done.stderr
    assert "ulimit -n 1024" in done.stderr


def test_a_signal_while_something_is_changed_only_sets_the_flag() -> None:
    stopping = Stopping()
    with stopping.listening(), stopping.deferred():
        os.kill(os.getpid(), signal.SIGTERM)
        assert stopping.wait(5)
    assert stopping.signal_number == signal.SIGTERM


def test_a_second_signal_does_not_wait() -> None:
    stopping = Stopping()
    with stopping.deferred():
        stopping.receive(signal.SIGINT, None)
        with pytest.raises(KeyboardInterrupt):
            stopping.receive(signal.SIGINT, None)
    assert "in the middle of a change" in stopping.error().message


def test_a_stopped_run_is_not_over_while_a_thread_of_its_own_may_start_programs(tmp_path: Path) -> None:
    began = tmp_path / "began"
    ended: list[int] = []

    def cut_off() -> None:
        for number in range(3):
            with suppress(KeyboardInterrupt):
                script, env = f"touch {began}; sleep 9", {"PATH": os.environ["PATH"]}
                process.run(["sh", "-c", script], env=env, cwd=tmp_path, timeout=20)
                return
            ended.append(number)

    stopping, thread = Stopping(), threading.Thread(target=cut_off)
    with stopping.listening():
        thread.start()
        while not began.exists():
            time.sleep(0.01)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert (ended, thread.is_alive()) == ([0, 1, 2], False)


def test_between_two_changes_a_stopped_run_says_so() -> None:
    stopping = Stopping()
    with stopping.deferred():
        pass
    with pytest.raises(KeyboardInterrupt):
        stopping.receive(signal.SIGINT, None)
    assert "between changes" in stopping.error().message
    assert "what AWS holds then" in stopping.error().hint


def test_the_signals_mean_what_they_meant_before_when_a_run_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stopping().listening():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
