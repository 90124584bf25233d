"""AWS's own Python runtime, with a layer at /opt: what Lambda does, without Lambda."""

import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layer_action import process
from tests.standins.interpreters import interpreter
from tests.standins.runtime_api import RuntimeApi, runtime_api

VERSION = "3.12"  # that of the example
# AWS's interface between its Runtime API and a handler
_RUNTIME = "awslambdaric==4.2.2"
_MOUNTED = 'mount --bind "$1" /opt && exec "$2" -m awslambdaric app.handler'
_WRITTEN = 315_532_800  # 1980-01-01, as the zips have it
_PATH = f"/opt/python/lib/python{VERSION}/site-packages:/opt/python"


def why_not() -> str:
    """Return why the runtime cannot be run here, or ""."""
    python = interpreter(VERSION)
    if platform.machine() != "x86_64":
        return "the example's layers are for x86_64"
    if python is None or python.resolve().is_relative_to("/opt"):
        return f"there is no Python {VERSION} outside of /opt"
    try:
        done = subprocess.run(
            ["unshare", "-m", "mount", "--bind", "/tmp", "/opt"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "there is no `unshare`"
    return "" if done.returncode == 0 else f"nothing can be mounted: {done.stderr.strip()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaPython:
    """A Python with AWS's runtime in it. `folder` is for functions and unpacked layers."""

    python: Path
    folder: Path

    def invoke(self, layers: Sequence[Path], code: str, *events: Any) -> RuntimeApi:
        """Run a handler with layers unpacked as Lambda does, the later over the earlier; return all it said."""
        opt, task = self.folder / "opt", self.folder / "task"
        for layer in layers:
            _unpack(layer, opt)
        task.mkdir()
        (task / "app.py").write_text(code, encoding="utf-8")
        with runtime_api(events) as api:
            env = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": _PATH,
                # Lambda cannot keep what it compiled; here pandas need not be compiled for each test anew
                "PYTHONPYCACHEPREFIX": str(self.python.parent.parent / "compiled"),
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_LAMBDA_FUNCTION_NAME": "under-test",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
                "AWS_REGION": "us-east-1",
                "_HANDLER": "app.handler",
                "LAMBDA_TASK_ROOT": str(task),
            }
            command = ["unshare", "-m", "sh", "-c", _MOUNTED, "sh", str(opt), str(self.python)]
            with (
                (self.folder / "log").open("wb") as log,
                subprocess.Popen(
                    command, cwd=task, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                ) as running,
            ):
                ended = api.done.wait(60)
                running.kill()
            assert ended, (self.folder / "log").read_text(errors="replace")
        return api


def _unpack(layer: Path, into: Path) -> None:
    """Unpack a zip; its files are as old in each folder, as Python wants of what it compiled before."""
    with zipfile.ZipFile(layer) as archive:
        for member in archive.infolist():
            os.utime(archive.extract(member, into), (_WRITTEN, _WRITTEN))


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment of the runtime's version with AWS's runtime in it; its Python."""
    if reason := why_not():
        if "lambda" in os.environ.get("LAMBDA_LAYER_ACTION_REQUIRE", "").split(","):
            pytest.fail(f"{reason}, and LAMBDA_LAYER_ACTION_REQUIRE asks for it")
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("runtime")
    subprocess.run([str(interpreter(VERSION)), "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-compile", _RUNTIME]
    env = process.index_environment(os.environ) | {"PIP_CONFIG_FILE": os.devnull}
    subprocess.run(command, env=env, check=True)
    return python


@pytest.fixture
def lambda_python(runtime: Path, tmp_path: Path) -> LambdaPython:
    return LambdaPython(python=runtime, folder=tmp_path)
