"""What a repository and its AWS account show of layers, runtimes and regions: what `init` begins with."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from layer_action.errors import AwsError
from layer_action.model.function import PinnedFunction
from layer_action.model.target import RUNTIMES, Architecture
from layer_action.ports.services import Services, Unavailable
from layer_action.record import record
from layer_action.requirement_files import asking_in

_NAMES: Final = ("pylock.toml", "uv.lock", "pyproject.toml", "requirements.txt", "requirements.in")
# what others fill: environments, packages of other languages, and what SAM, CDK and we ourselves build
_ELSEWHERE: Final = frozenset(
    {".git", ".venv", "venv", ".tox", ".nox", "node_modules", "site-packages", "build", "dist", "tests"}
    | {".aws-sam", "cdk.out", ".terraform", ".serverless", ".lambda-layer-action"}
)
_USUAL: Final = "python3.13"
_USUAL_BRANCH: Final = "main"
_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_-]+")  # what a layer's name in AWS cannot hold

_TEMPLATES: Final = frozenset({".yaml", ".yml", ".json", ".toml", ".tf", ".py", ".ts"})
_OURS: Final = "lambda-layers.yml"
_LARGEST_TEMPLATE: Final = 1_000_000  # bytes; what is larger was generated
# SAM, CloudFormation, Serverless, Terraform and workflows write `runtime: python3.12`; CDK writes Runtime.PYTHON_3_12
_RUNTIME: Final = re.compile(
    r"""runtimes?["']?\s*[:=]\s*(?:\[|-)?\s*["']?python(3\.\d+)\b|\bRuntime\.PYTHON_(3_\d+)\b""", re.IGNORECASE
)
_ARCHITECTURE: Final = re.compile(
    r"""architectures?["']?\s*[:=]\s*(?:\[|-)?\s*["']?(arm64|x86_64)\b|\bArchitecture\.(ARM_64|X86_64)\b""",
    re.IGNORECASE,
)
# https://HOST/owner/name.git, ssh://git@HOST/owner/name or git@HOST:owner/name
_ORIGIN: Final = re.compile(
    r"""^\[remote "origin"\]\n(?:(?!\[).*\n)*?\s*url = (?:https?://|ssh://|git@)[^\s:/]+(?::\d+)?[:/]"""
    r"""(?P<name>[\w.-]+/[\w.-]+?)(?:\.git)?/?$""",
    re.MULTILINE,
)
_REGION: Final = re.compile(r"""region["']?\s*[:=]\s*["']?([a-z]{2}(?:-[a-z]+)+-\d)\b""", re.IGNORECASE)


@record
class Surroundings:
    """What was found: the layers to declare, and what the functions run on and where, the most used first.

    `repository` is owner/name, "" where the clone has no remote.
    """

    layers: Mapping[str, str]
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    regions: tuple[str, ...]
    default_branch: str = _USUAL_BRANCH
    repository: str = ""


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
    """Look for requirements in the repository, and at the Python functions of the account.

    Where AWS shows none, the repository's templates tell what functions run on. Of the regions that templates name,
    only the most used is taken.
    """
    python = [function for function in functions if function.runtime in RUNTIMES]
    texts = [] if python and regions else list(_templates(root))
    return Surroundings(
        layers=dict(_layers(root)),
        runtimes=_most_used(function.runtime for function in python)
        or _most_used(runtime for text in texts for runtime in _runtimes(text))
        or (_USUAL,),
        architectures=_most_used(function.architecture for function in python)
        or _most_used(architecture for text in texts for architecture in _architectures(text))
        or (Architecture.X86_64.value,),
        regions=tuple(regions) or _most_used(region for text in texts for region in _REGION.findall(text))[:1],
        default_branch=default_branch(root),
        repository=repository_of(root),
    )


def default_branch(root: Path) -> str:
    """Return the default branch of the remote `origin`, as far as the clone knows it; else `main`, or `master`."""
    origin = _symbolic(root / ".git" / "refs" / "remotes" / "origin" / "HEAD", "refs/remotes/origin/")
    checked_out = _symbolic(root / ".git" / "HEAD", "refs/heads/")
    return origin or (checked_out if checked_out == "master" else _USUAL_BRANCH)


def repository_of(root: Path) -> str:
    """Return owner/name of the remote `origin`, "" where the clone has none."""
    try:
        text = (root / ".git" / "config").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    found = _ORIGIN.search(text)
    return found["name"] if found else ""


def _symbolic(file: Path, prefix: str) -> str:
    """Return the branch that a symbolic ref of git names; "" where there is none, as in a linked worktree."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    start = f"ref: {prefix}"
    return text.removeprefix(start) if text.startswith(start) else ""


def _most_used(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word, _ in Counter(words).most_common())


def _runtimes(text: str) -> Iterator[str]:
    for written, constant in _RUNTIME.findall(text):
        runtime = f"python{written or constant.replace('_', '.')}"
        if runtime in RUNTIMES:
            yield runtime


def _architectures(text: str) -> Iterator[str]:
    for written, constant in _ARCHITECTURE.findall(text):
        yield written.lower() or {"ARM_64": "arm64", "X86_64": "x86_64"}[constant.upper()]


def _templates(root: Path) -> Iterator[str]:
    """Yield the text of each file that may describe functions, but of none that is too large or that `init` wrote."""
    for folder in _folders(root):
        for file in sorted(folder.iterdir()):
            if file.suffix not in _TEMPLATES or file.name == _OURS:
                continue
            if file.is_file() and file.stat().st_size <= _LARGEST_TEMPLATE:
                yield file.read_text(encoding="utf-8", errors="replace")


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
    return [folder / found[0] for folder in folders if (found := asking_in(folder, _NAMES))]


def _folders(folder: Path) -> Iterator[Path]:
    """Yield a folder and all below it, except those that others filled."""
    yield folder
    for below in sorted(folder.iterdir()):
        if below.is_dir() and not below.is_symlink() and below.name not in _ELSEWHERE:
            yield from _folders(below)
