"""`init`: a config and a workflow, written from what the repository and AWS show."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from layer_action.errors import AwsError, InputError, Location
from layer_action.model.function import PinnedFunction
from layer_action.model.target import RUNTIMES
from layer_action.ports.services import Services, Unavailable

CONFIG: Final = ".github/lambda-layers.yml"
WORKFLOW: Final = ".github/workflows/lambda-layers.yml"
SCHEMA: Final = (
    "https://raw.githubusercontent.com/org/lambda-layer-action/v1/layer_action/config/lambda-layers.schema.json"
)
_NAMES: Final = ("pylock.toml", "uv.lock", "pyproject.toml", "requirements.txt", "requirements.in")
_ELSEWHERE: Final = frozenset({".git", ".venv", "venv", "node_modules", "build", "dist", "tests", "site-packages"})
_USUAL: Final = "python3.13"
_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_-]+")  # what a layer's name in AWS cannot hold
_PLAIN: Final = re.compile(r"[a-zA-Z][\w./-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was found: the layers to declare, and what the functions run on, the most used first."""

    layers: Mapping[str, str]
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    regions: tuple[str, ...]


def listed_functions(services: Services, regions: Sequence[str]) -> tuple[PinnedFunction, ...]:
    """Return the functions of the regions, none where AWS does not answer: `init` also works without."""
    if isinstance(services.functions, Unavailable):
        services.console.info(f"AWS was not asked: {services.functions.reason}")
        return ()
    try:
        return tuple(function for region in regions for function in services.functions.listed(region))
    except AwsError as error:
        services.console.notice(f"The functions were not looked at: {error.message}")
        return ()


def look_around(root: Path, functions: Iterable[PinnedFunction], regions: Sequence[str]) -> Surroundings:
    """Look for requirements in the repository, and at the Python functions of the account."""
    python = [function for function in functions if function.runtime in RUNTIMES]
    return Surroundings(
        layers=dict(_layers(root)),
        runtimes=_most_used(function.runtime for function in python) or (_USUAL,),
        architectures=_most_used(function.architecture for function in python) or ("x86_64",),
        regions=tuple(regions),
    )


def _most_used(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word, _ in Counter(words).most_common())


def _layers(root: Path) -> Iterator[tuple[str, str]]:
    """Yield a name and a path for each folder that holds requirements: those below `layers/`, else every folder."""
    found = _requirements(folder for folder in sorted((root / "layers").glob("*")) if folder.is_dir())
    taken: set[str] = set()
    for file in found or _requirements(_folders(root)):
        place = file.relative_to(root)
        parts = place.parent.parts or ("dependencies",)
        # the folder's own name, with as many of those above as tell it from the others
        names = (_UNFIT.sub("-", "-".join(parts[-count:])).strip("-") for count in range(1, len(parts) + 1))
        name = next((name for name in names if name and name not in taken), "")
        if name:
            taken.add(name)
            yield name, place.as_posix()


def _requirements(folders: Iterable[Path]) -> list[Path]:
    """Return the best file of each folder that holds any."""
    files = (next((folder / name for name in _NAMES if (folder / name).is_file()), None) for folder in folders)
    return [file for file in files if file]


def _folders(folder: Path) -> Iterator[Path]:
    """Yield a folder and all below it, except those that others filled."""
    yield folder
    for below in sorted(folder.iterdir()):
        if below.is_dir() and not below.is_symlink() and below.name not in _ELSEWHERE:
            yield from _folders(below)


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
    """Return the workflow: a comment on pull requests, a publication on merges, a release on tags."""
    region = found.regions[0] if found.regions else "us-east-1"
    return _WORKFLOW.replace("REGION", region)


def write(root: Path, files: Mapping[str, str], *, replace: bool) -> tuple[Path, ...]:
    """Write files that do not exist yet, all or none. Raises InputError for those that do, unless `replace`."""
    existing = [name for name in files if (root / name).exists()]
    if existing and not replace:
        raise InputError(
            f"{' and '.join(existing)} already exist" if len(existing) > 1 else f"{existing[0]} already exists",
            hint="Remove it first, or add `--yes` to replace it.",
            location=Location(existing[0]),
        )
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return tuple(root / name for name in files)


def initial_files(found: Surroundings) -> dict[str, str]:
    """Return what `init` writes, by path. Raises InputError when the repository shows no requirements."""
    if not found.layers:
        raise InputError(
            "the repository holds no requirements file, pyproject.toml or lock",
            hint="Put the requirements of a first layer into layers/NAME/requirements.txt, then run `init` again.",
        )
    return {CONFIG: config_text(found), WORKFLOW: workflow_text(found)}


_WORKFLOW: Final = """\
name: Lambda layers
on:
  pull_request:
  push:
    branches: [main, master]
    tags: ['v*', '*/v*']
permissions: {}
jobs:
  layers:
    runs-on: ubuntu-24.04
    permissions:
      contents: write # releases, on tags
      pull-requests: write # the comment
      id-token: write # AWS credentials
    concurrency:
      group: lambda-layers-${{ github.event_name == 'pull_request' && github.ref || 'publish' }}
      cancel-in-progress: false
    steps:
      - uses: actions/checkout@v7
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: aws-actions/configure-aws-credentials@v6
        if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository
        with:
          role-to-assume: ${{ vars.LAMBDA_LAYERS_ROLE }}
          aws-region: REGION
      - uses: org/lambda-layer-action@v1
"""
