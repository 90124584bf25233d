"""The local AWS of the demo: the real ministack, on a free loopback port."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PROGRAM: Final = Path(__file__).parents[2] / ".venv-standins" / "bin" / "ministack"
_STARTUP_SECONDS: Final = 30.0


def program() -> Path:
    """Return ministack's program: what the environment names, else the one that make installed."""
    return Path(os.environ.get("LAMBDA_LAYER_ACTION_MINISTACK") or _PROGRAM)


@contextmanager
def local_aws(folder: Path) -> Iterator[str]:
    """Run ministack on a free loopback port for as long as the block lasts; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "TMPDIR": str(folder),
        # without BIND_HOST it would listen on every interface; MINISTACK_HOST names the host in Content.Location
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
    }
    with (folder / "ministack.log").open("wb") as log:
        process = subprocess.Popen([program()], env=env, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_ministack/health", timeout=2) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError("ministack did not start; its log lies in the demo's folder")
