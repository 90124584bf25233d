"""A run in which nothing changed, beside what merely importing boto3 costs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.clock import Sample, timed
from tests.standins.aws.server import strict_aws

NAME: Final = "unchanged"
_ROOT: Final = Path(__file__).parents[1]
_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "PIP_INDEX_URL", "UV_DEFAULT_INDEX")
_LAYER: Final = "runtimes: [python3.12]\nlayers:\n  http: layers/http/requirements.txt\n"


def run(base: Path, rounds: int) -> None:
    """Publish one layer, then run again and again; print medians and ratios to `import boto3`."""
    folder = base / NAME
    checkout = folder / "checkout"
    (checkout / ".github").mkdir(parents=True)
    shutil.copytree(_ROOT / "examples/shop/layers/http", checkout / "layers/http")
    (checkout / ".github/lambda-layers.yml").write_text(_LAYER, encoding="utf-8")
    env = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PIP_CONFIG_FILE": os.devnull}
    _git(checkout, env, "init", "-q", "-b", "main")
    _git(checkout, env, "add", "-A")
    _git(checkout, env, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "one")
    ours = [sys.executable, str(_ROOT / "entrypoint.py")]
    cache = ["--cache-dir", str(folder / "cache")]
    with strict_aws() as aws:
        online = env | aws.env()
        timed([*ours, "publish", "--yes", *cache], env=online, cwd=checkout)
        rows: dict[str, tuple[list[str], Mapping[str, str]]] = {
            "python -c pass": ([sys.executable, "-I", "-c", "pass"], env),
            "python -c 'import boto3'": ([sys.executable, "-I", "-c", "import boto3"], env),
            "--version": ([*ours, "--version"], env),
            "plan, no AWS": ([*ours, "plan", "--base", "HEAD", *cache], env),
            "publish": ([*ours, "publish", "--yes", *cache], online),
        }
        samples: dict[str, list[Sample]] = {name: [] for name in rows}
        for _ in range(rounds):
            for name, (command, variables) in rows.items():
                samples[name].append(timed(command, env=variables, cwd=checkout))
    _print(samples, rounds)


def _print(samples: Mapping[str, list[Sample]], rounds: int) -> None:
    print(f"\nNothing changed: medians of {rounds} rounds; ratios round by round to `import boto3`\n")
    print("  " + f"{'run':<26}" + "".join(f"{title:>10}" for title in ("s", "CPU s", "x boto3", "MiB")))
    boto3 = samples["python -c 'import boto3'"]
    for name, taken in samples.items():
        ratio = median(one.wall / other.wall for one, other in zip(taken, boto3, strict=True))
        cells = (median(one.wall for one in taken), median(one.cpu for one in taken), ratio)
        print(
            "  " + f"{name:<26}" + "".join(f"{cell:>10.3f}" for cell in cells) + f"{max(t.peak for t in taken):>10.0f}"
        )
    print()


def _git(checkout: Path, env: Mapping[str, str], *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=checkout, env=dict(env), check=True)
