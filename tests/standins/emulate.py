"""`emulate`, a stateful GitHub from npm, started on a free loopback port: a second opinion beside our own stand-in."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VERSION: Final = "0.11.2"  # the dist-tag `latest` is another project
TOKEN: Final = "actions-token"
OWNERS_TOKEN: Final = "owners-token"
OWNER: Final = "octocat"
REPOSITORY: Final = f"{OWNER}/hello-world"

_CACHE: Final = Path(__file__).parents[2] / ".cache" / "emulate"
_STARTUP_SECONDS: Final = 20.0
# It would listen on every interface: node loads this first, and then it cannot.
_LOOPBACK: Final = """
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  const callback = given.find((one) => typeof one === "function");
  const first = given[0];
  const port = first !== null && typeof first === "object" ? first.port : first;
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, callback);
};
"""
_SEED: Final = {
    "tokens": {
        TOKEN: {"login": "github-actions[bot]", "scopes": ["repo"]},
        OWNERS_TOKEN: {"login": OWNER, "scopes": ["repo"]},
    },
    "github": {
        "users": [{"login": "github-actions[bot]"}, {"login": OWNER}],
        "repos": [{"owner": OWNER, "name": "hello-world", "auto_init": True}],
    },
}


class MissingError(Exception):
    """Node is not there, or npm could not install emulate; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulate:
    """A running emulate. PyGithub insists on one host name: it is `localhost`."""

    url: str

    @property
    def env(self) -> dict[str, str]:
        """The runner's variables that lead here."""
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY}

    def call(self, method: str, path: str, body: object = None, *, token: str = OWNERS_TOKEN) -> Any:
        """Send a request past our own code; return its JSON."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def open_pull_request(self) -> int:
        """Make a branch with one commit and open a pull request; return its number."""
        main = self.call("GET", f"/repos/{REPOSITORY}/git/ref/heads/main")
        self.call("POST", f"/repos/{REPOSITORY}/git/refs", {"ref": "refs/heads/raise", "sha": main["object"]["sha"]})
        change = {"message": "Raise", "content": "cmVxdWVzdHMK", "branch": "raise"}
        self.call("PUT", f"/repos/{REPOSITORY}/contents/requirements.txt", change)
        pull = {"title": "Raise", "head": "raise", "base": "main"}
        return int(self.call("POST", f"/repos/{REPOSITORY}/pulls", pull)["number"])


def installed() -> Path:
    """Return emulate's program, installed into a cache of this checkout on first use. Raises MissingError."""
    program = _CACHE / "node_modules" / "emulate" / "dist" / "index.js"
    if not shutil.which("node"):
        raise MissingError("node is not installed")
    if program.is_file():
        return program
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed")
    # into a folder of our own, then renamed: two test processes may do this at once
    _CACHE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_CACHE.parent, prefix="emulate-") as folder:
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock")
        _run([npm, "install", *options, "--prefix", folder, f"emulate@{VERSION}"])
        if not program.is_file():
            Path(folder).rename(_CACHE)
            Path(folder).mkdir()  # for TemporaryDirectory to remove
    return program


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired as error:
        raise MissingError("npm did not install emulate within two minutes") from error
    if done.returncode:
        raise MissingError(f"npm could not install emulate: {done.stderr.strip()[-300:]}")


@contextmanager
def emulate() -> Iterator[Emulate]:
    """Run emulate's GitHub for as long as the block lasts. Raises MissingError."""
    program = installed()
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="emulate-") as name, (Path(name) / "log").open("wb") as log:
        folder = Path(name)
        (folder / "loopback.cjs").write_text(_LOOPBACK)
        (folder / "seed.yaml").write_text(json.dumps(_SEED))
        command = ["node", "--require", str(folder / "loopback.cjs"), str(program), "start", "-s", "github"]
        process = subprocess.Popen(
            [*command, "-p", str(port), "--seed", str(folder / "seed.yaml")],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": name},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait(f"http://localhost:{port}", process, folder / "log")
            yield Emulate(url=f"http://localhost:{port}")
        finally:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/rate_limit", timeout=2) as answer:
                answer.read()
                return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"emulate did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
