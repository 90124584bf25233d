"""`init`: a config and a workflow, written from what the repository and AWS show."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from layer_action.commands.folder import write_whole
from layer_action.commands.surroundings import Surroundings
from layer_action.errors import InputError, Location
from layer_action.exhausted import exhausted

CONFIG: Final = ".github/lambda-layers.yml"
WORKFLOW: Final = ".github/workflows/lambda-layers.yml"
SCHEMA: Final = (
    "https://raw.githubusercontent.com/org/lambda-layer-action/v1/layer_action/config/lambda-layers.schema.json"
)
_PLAIN: Final = re.compile(r"[a-zA-Z][\w./-]*", re.ASCII)
_ANY_REGION: Final = "us-east-1"


def config_text(found: Surroundings) -> str:
    """Return the config file."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        f"runtimes: [{found.runtimes[0]}]" + _others(found.runtimes),
        f"architectures: [{found.architectures[0]}]" + _others(found.architectures),
        *([f"regions: [{', '.join(found.regions)}]"] if found.regions else []),
        "layers:",
        *(f"  {name}: {_scalar(path)}" for name, path in found.layers.items()),
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """Return a text as YAML, in quotes where it could mean something else."""
    if _PLAIN.fullmatch(text):
        return text
    quoted = (char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return f'"{"".join(quoted)}"'


def _others(words: Sequence[str]) -> str:
    return f"  # functions here also use {', '.join(words[1:])}" if words[1:] else ""


def workflow_text(found: Surroundings) -> str:
    """Return the workflow: a comment on pull requests, a publication on merges."""
    region = (*found.regions, _ANY_REGION)[0]
    return _WORKFLOW.replace("BRANCH", found.default_branch).replace("REGION", region)


def write(root: Path, files: Mapping[str, str], *, replace: bool) -> tuple[Path, ...]:
    """Write files that do not exist yet, all or none; others only to `replace` them.

    Raises InputError, ExhaustedError.
    """
    existing = [name for name in files if (root / name).exists()]
    if existing and not replace:
        verb, them = ("exists", "it") if len(existing) == 1 else ("exist", "them")
        raise InputError(
            f"{' and '.join(existing)} already {verb}",
            hint=f"Remove {them} first, or add `--yes` to replace {them}.",
            location=Location(existing[0]),
        )
    for name, text in files.items():
        try:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            write_whole(root / name, text.encode())
        except OSError as error:
            for new in files.keys() - set(existing):
                with suppress(OSError):
                    (root / new).unlink(missing_ok=True)
            refused = InputError(
                f"{name} cannot be written: {error.strerror}",
                hint="Give the user of this run the right to write there, then run `init` again.",
                location=Location(name),
            )
            raise exhausted(error) or refused from error
    return tuple(root / name for name in files)


def initial_files(found: Surroundings) -> dict[str, str]:
    """Return what `init` writes, by path. Raises InputError when the repository shows no requirements."""
    if not found.layers:
        raise InputError(
            "the repository holds no requirements file, pyproject.toml or lock",
            hint="Put the requirements of a first layer into layers/NAME/requirements.txt, then run `init` again.",
        )
    return {CONFIG: config_text(found), WORKFLOW: workflow_text(found)}


def next_steps(found: Surroundings) -> str:
    """Return what is left to do after `init`, a numbered line each."""
    guessed = "" if found.regions else f"; the workflow's region, {_ANY_REGION}, is a guess"
    whose = "" if found.repository else " --repository OWNER/NAME"
    return _NEXT.format(config=CONFIG, guessed=guessed, whose=whose)


_NEXT: Final = """\
Next:
  1. Look at {config}{guessed}.
  2. lambda-layer-action build --all
     builds each layer, without AWS: what cannot be built shows now.
  3. lambda-layer-action iam plan{whose}
     lambda-layer-action iam publish{whose}
     print the policies of two roles: one that pull requests read with, one that merges publish with. Put their ARNs
     into the repository variables LAMBDA_LAYERS_PLAN_ROLE and LAMBDA_LAYERS_ROLE.
  4. Commit both files and open a pull request: its comment tells what a merge would publish."""

# The pins are those of examples/shop, and the jobs those that `iam plan` and `iam publish` trust: tests compare them.
_WORKFLOW: Final = """\
name: Lambda layers
on:
  pull_request:
  push:
    branches: [BRANCH]
permissions: {}
jobs:
  plan:
    name: Plan
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    concurrency:
      group: lambda-layers-plan-${{ github.ref }}
      cancel-in-progress: true
    permissions:
      contents: read # the checkout
      pull-requests: write # the comment
      id-token: write # a role that may only read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      # A fork's pull request gets no AWS role: its plan compares with the base commit.
      - if: github.event.pull_request.head.repo.full_name == github.repository
        uses: aws-actions/configure-aws-credentials@8df5847569e6427dd6c4fb1cf565c83acfa8afa7 # v6.0.0
        with:
          role-to-assume: ${{ vars.LAMBDA_LAYERS_PLAN_ROLE }}
          aws-region: REGION
      - uses: org/lambda-layer-action@v1 # zizmor: ignore[unpinned-uses] pin the commit of the release you have reviewed

  publish:
    name: Publish
    if: github.event_name == 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 60
    # One at a time, and never stopped half-way: a later merge waits for its turn.
    concurrency:
      group: lambda-layers-publish
      cancel-in-progress: false
    permissions:
      contents: read # the checkout
      id-token: write # a role that may publish layers and move functions
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: aws-actions/configure-aws-credentials@8df5847569e6427dd6c4fb1cf565c83acfa8afa7 # v6.0.0
        with:
          role-to-assume: ${{ vars.LAMBDA_LAYERS_ROLE }}
          aws-region: REGION
      - uses: org/lambda-layer-action@v1 # zizmor: ignore[unpinned-uses] pin the commit of the release you have reviewed
"""
