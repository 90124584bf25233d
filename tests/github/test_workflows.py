"""The shell steps of the example workflows, run as the runner runs them, with `gh` led to the GitHub stand-in."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.standins.github.records import BOT, Pull
from tests.standins.github.server import FakeGitHub

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / "examples" / "shop" / ".github" / "workflows"
MARKER = "<!-- lambda-layer-action from a fork -->"
SHA = "a" * 40

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("bash", "jq", "iconv")), reason="bash, jq or iconv is missing"
)


def script(workflow: str, step: str) -> str:
    jobs = yaml.safe_load((WORKFLOWS / workflow).read_text(encoding="utf-8"))["jobs"]
    [found] = [one["run"] for job in jobs.values() for one in job["steps"] if one.get("name") == step]
    return str(found)


def run(text: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step with `shell: bash`."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(command, cwd=folder, env={"PATH": path, **env}, capture_output=True, text=True, check=False)


class Fork:
    """A pull request from a fork, and the workflow that comments on it."""

    def __init__(self, hub: FakeGitHub, folder: Path) -> None:
        self.hub = hub
        self.folder = folder
        hub.repository.pulls[8] = Pull(
            number=8, title="Raise requests", body="", head="raise", base="main", owner="stranger", sha=SHA
        )
        gh = folder / "bin" / "gh"
        gh.parent.mkdir()
        gh.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/standins/gh.py"} "$@"\n')
        gh.chmod(0o755)

    def comment(self, content: str | bytes, *, name: str = "summary.md", sha: str = SHA, **env: str) -> Any:
        """Let the artifact hold one file, and run the step."""
        shutil.rmtree(self.folder / "summary", ignore_errors=True)
        (self.folder / "summary").mkdir()
        data = content.encode() if isinstance(content, str) else content
        (self.folder / "summary" / name).write_bytes(data)
        settings = {
            "GH_TOKEN": "writer",
            "GH_STAND_IN": self.hub.url,
            "REPOSITORY": "octo/shop",
            "HEAD_SHA": sha,
            "HEAD": "stranger:raise",
        }
        return run(script("comment.yml", "Create the comment, or bring it up to date"), self.folder, **settings | env)

    @property
    def body(self) -> str:
        """The one comment."""
        [comment] = self.hub.comments()
        assert (comment.issue, comment.login) == (8, BOT)
        return comment.body


@pytest.fixture
def fork(hub: FakeGitHub, tmp_path: Path) -> Fork:
    return Fork(hub, tmp_path)


def test_the_text_of_the_other_run_becomes_one_comment_and_is_edited(fork: Fork) -> None:
    first = fork.comment("<!-- lambda-layer-action: -->\n### Lambda layers: 1 of 1 changes\n")
    assert first.returncode == 0, first.stderr
    assert fork.body.startswith("### Lambda layers: 1 of 1 changes\n")
    for number in range(40):
        fork.hub.comment(fork.hub.repository, 8, "ann", f"talk {number}")
    again = fork.comment("### Lambda layers: nothing changes\n")
    assert again.returncode == 0, again.stderr
    mine = [comment for comment in fork.hub.comments() if comment.login == BOT]
    assert [(comment.edits, "nothing changes" in comment.body) for comment in mine] == [(1, True)]
    assert fork.hub.violations == []


def test_a_commit_that_is_no_longer_the_head_gets_no_comment(fork: Fork) -> None:
    step = fork.comment("text", sha="b" * 40)
    assert (step.returncode, fork.hub.comments()) == (0, [])
    assert "nothing to say" in step.stdout


def test_a_pull_request_of_another_branch_gets_none_either(fork: Fork) -> None:
    assert fork.comment("text", HEAD="stranger:other$(touch hacked)").returncode == 0
    assert fork.hub.comments() == []
    assert not (fork.folder / "hacked").exists()


def test_a_comment_of_somebody_else_that_holds_our_marker_is_left_alone(fork: Fork) -> None:
    theirs = fork.hub.comment(fork.hub.repository, 8, "stranger", f"mine {MARKER}")
    assert fork.comment("text").returncode == 0
    assert theirs.edits == 0
    assert len(fork.hub.comments()) == 2


@pytest.mark.parametrize(
    "hostile",
    [
        "@octo/team look",
        "&#64;team &#x0040;team &#0064team &commat;team",
        "<!-- lambda-layer-action: -->\nours",
        "text <!-- lambda-layer-action-state {} -->",
        "<!--\n",
    ],
)
def test_a_strangers_text_mentions_nobody_and_passes_for_no_comment_of_ours(fork: Fork, hostile: str) -> None:
    assert fork.comment(hostile).returncode == 0
    text = fork.body.removesuffix(f"{MARKER}\n")
    assert not re.search(r"@(?!&#8203;)|&#0*64|&#x0*40|&commat", text)
    assert "<!--" not in text


@pytest.mark.parametrize(
    "content",
    [b"@" * 500_000, "\U0001f40d".encode() * 100_000, b"\xff\xfe\0\0ok\xc3", b"x" * 65_536],
    ids=["mentions", "snakes", "no text", "long"],
)
def test_whatever_it_holds_the_comment_is_one_that_github_takes(fork: Fork, content: bytes) -> None:
    step = fork.comment(content)
    assert step.returncode == 0, step.stderr
    assert len(fork.body.encode()) < 61_000
    assert "\0" not in fork.body
    assert fork.body.endswith(f"{MARKER}\n")


@pytest.mark.parametrize(("name", "content"), [("summary.txt", b"text"), ("summary.md", b"x" * 2_000_000)])
def test_an_artifact_that_is_no_plans_text_is_refused(fork: Fork, name: str, content: bytes) -> None:
    step = fork.comment(content, name=name)
    assert step.returncode == 1
    assert "nothing is posted" in step.stdout
    assert fork.hub.comments() == []


def test_a_shell_finds_nothing_to_run_in_the_text(fork: Fork) -> None:
    assert fork.comment('$(touch hacked) `touch hacked` "; touch hacked; "', name="$(touch hacked).md").returncode == 0
    assert not (fork.folder / "hacked").exists()
    assert "$(touch hacked)" in fork.body


def test_a_denied_comment_fails_the_step(fork: Fork) -> None:
    assert fork.comment("text", GH_TOKEN="reader").returncode != 0


@pytest.mark.parametrize(("sources", "legs"), [(["native", ""], 1), (["", ""], 0)])
def test_only_what_has_something_to_build_becomes_a_leg(tmp_path: Path, sources: list[str], legs: int) -> None:
    matrix = {"include": [{"layer": f"layer{number}", "sources": each} for number, each in enumerate(sources)]}
    output = tmp_path / "output"
    step = run(
        script("fan-out.yml", "Keep the legs that have something to build"),
        tmp_path,
        MATRIX=json.dumps(matrix),
        GITHUB_OUTPUT=str(output),
    )
    assert step.returncode == 0, step.stderr
    name, _, value = output.read_text().partition("=")
    assert (name, json.loads(value)) == ("legs", matrix["include"][:legs])
