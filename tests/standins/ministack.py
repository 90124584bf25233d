"""The real ministack, started on a free loopback port: the AWS of the demo and of the end-to-end tests."""

import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ACCOUNT: Final = "111122223333"
_STARTUP_SECONDS: Final = 30.0
# What ministack may inherit: never the AWS settings or proxies of the machine it runs on.
_INHERITED: Final = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class MinistackServer:
    """A running ministack. `env` is what a client needs to reach it, and nothing else of AWS."""

    endpoint_url: str
    env: dict[str, str] = field(repr=False)

    def env_for(self, *, account: str = ACCOUNT, region: str = "us-east-1") -> dict[str, str]:
        """Return client settings for another account or region: a 12-digit access key is the account."""
        return client_environment(self.endpoint_url, account=account, region=region)

    def reset(self) -> None:
        """Forget everything in every account and region."""
        request = urllib.request.Request(f"{self.endpoint_url}/_ministack/reset", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


def client_environment(endpoint_url: str, *, account: str = ACCOUNT, region: str = "us-east-1") -> dict[str, str]:
    """Return the AWS settings that reach a stand-in: everything given, so that nothing of the machine counts."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def executable() -> Path | None:
    """Return ministack's program: of the environment, else beside the root; None when not installed."""
    named = os.environ.get("LAMBDA_LAYER_ACTION_MINISTACK")
    path = Path(named) if named else Path(__file__).parents[2] / ".venv-standins" / "bin" / "ministack"
    return path if path.is_file() else None


def free_port() -> int:
    """Return a port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def ministack() -> Iterator[MinistackServer]:
    """Run ministack for as long as the block lasts. Raises FileNotFoundError when it is not installed."""
    program = executable()
    if program is None:
        raise FileNotFoundError("ministack is not installed: run `make standins`, or set LAMBDA_LAYER_ACTION_MINISTACK")
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="ministack-") as folder, (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(program)], env=_environment(port, folder), cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            _wait_until_healthy(endpoint, process, Path(folder) / "log")
            yield MinistackServer(endpoint_url=endpoint, env=client_environment(endpoint))
        finally:
            _stop(process)


def _environment(port: int, folder: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return inherited | {
        "TMPDIR": folder,
        # without BIND_HOST it would listen on every interface; MINISTACK_HOST names the host in Content.Location
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "LAMBDA_EXECUTOR": "local",
    }


def _wait_until_healthy(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"ministack did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
