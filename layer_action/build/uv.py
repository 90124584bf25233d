"""`uv`, the program that resolves: its command lines, and its answers as values."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName
from packaging.pylock import Pylock, PylockValidationError

from layer_action import certificates, keyring, process
from layer_action.build.refusals import TooLateError, may_pass, refusal
from layer_action.credentials import check_indexes
from layer_action.errors import BuildError, ResolutionError
from layer_action.model.target import Target
from layer_action.record import field, record, replace

_TIMEOUT: Final = 120.0  # seconds; a large resolve with a cold cache takes 13
_LOOKING: Final = threading.Lock()  # sysconfig, which uv asks, is not ready for two threads at once on Python 3.11
_ATTEMPTS: Final = 2
_YANKED: Final = re.compile(r"`(?P<name>[^=`]+)==(?P<version>[^`]+)` is yanked(?: \(reason: \"(?P<reason>.*)\"\))?")
_LOGIN: Final = re.compile(r"://[^/@\s]+@")
_FROM: Final = re.compile(r"^(?P<name>[a-z0-9-]+)(?:\[[^\]]*\])?==[^\n]*\n\s+# from (?P<index>\S+)", re.MULTILINE)
_OF_URL: Final = re.compile(r"(?P<name>[\w.-]+)(?:\[[^\]]*\])? @ (?P<url>https?://\S+)")
_FILES: Final = frozenset({"wheels", "sdist", "archive", "vcs", "directory"})
_GLIBCS: Final = ((2, 17), (2, 28), (2, 34))  # of which it knows


@record
class Yanked:
    """A version that its authors have withdrawn, and is used because a requirement pins it."""

    name: str
    version: str
    reason: str


@record
class Compiled:
    """An answer of `uv pip compile`: a lock in which a distribution may still have several wheels."""

    lock: Pylock
    yanked: tuple[Yanked, ...] = ()


@record
class Question:
    """What uv is asked to lock. `glibc` is one that uv knows (see `glibc_for`).

    `requirements`, `constraints` and `overrides` are lines of a requirements file with absolute paths, `excludes` names
    that are not taken; `preferences` maps names to versions; `index_options` are lines such as `--index-url URL`.
    """

    requirements: Sequence[str]
    target: Target
    glibc: tuple[int, int]
    constraints: Sequence[str] = ()
    overrides: Sequence[str] = ()
    excludes: Sequence[str] = ()
    preferences: Mapping[str, str] = field(default_factory=dict)
    index_options: Sequence[str] = ()
    prereleases: bool = False
    dependencies: bool = True
    changeable: Sequence[str] = ()  # names to be asked for anew
    sources: bool = False  # only without dependencies: then uv reads no metadata, and builds nothing for it
    anywhere: str = ""  # a Python version: for it and all later ones, on any platform, instead of the target
    until: float = 0  # the monotonic time until which the answer is worth waiting for; 0 for as long as it takes


class Uv:
    """Runs uv with index settings and nothing else of our environment. `cache` is a folder that runs may share."""

    def __init__(self, env: Mapping[str, str], cache: Path) -> None:
        """Remember the settings; uv is looked for at its first use."""
        self._given = env
        self._env = _environment(env, cache)
        self._path = env.get("PATH", "")

    def compile(self, question: Question) -> Compiled:
        """Lock requirements for a target. Raises NoSolutionError, ResolutionError, InputError."""
        check_indexes(self._given)
        compiled = self._compile(question)
        # only the answer tells what distributions need by an address: uv keeps what was there
        changeable = _at_addresses(compiled.lock) - _by_url(question).keys()
        return self._compile(replace(question, changeable=tuple(sorted(changeable)))) if changeable else compiled

    def _compile(self, question: Question) -> Compiled:
        with tempfile.TemporaryDirectory(prefix="lambda-layer-") as name:
            answer = Path(name) / "pylock.toml"
            _seed(answer, question.preferences)
            output = ["--format=pylock.toml", f"--output-file={answer}"]
            stderr = self._run(_compile_arguments(question, Path(name), output), Path(name), question.until).stderr
            return Compiled(lock=read_pylock(answer.read_bytes(), "uv's answer"), yanked=tuple(_yanked(stderr)))

    def indexes(self, question: Question) -> dict[str, str]:
        """Return the address of the index that each name of an answer comes from. Raises as `compile` does."""
        with tempfile.TemporaryDirectory(prefix="lambda-layer-") as name:
            output = ["--format=requirements.txt", "--emit-index-annotation", "--no-annotate"]
            stdout = self._run(_compile_arguments(question, Path(name), output), Path(name)).stdout
        return {match["name"]: _LOGIN.sub("://", match["index"]) for match in _FROM.finditer(stdout)}

    def export(
        self, project: Path, *, extras: Sequence[str], groups: Sequence[str], targets: Sequence[Target]
    ) -> Pylock:
        """Return a project's uv.lock as PEP 751, without its own project and default groups; no network is used.

        Paths in it are relative to the project. What has no file, and is for none of the targets, is left out. Raises
        ResolutionError.
        """
        chosen = [*(f"--extra={name}" for name in extras), *(f"--group={name}" for name in groups)]
        fixed = ["--format=pylock.toml", "--frozen", "--offline", "--no-header"]
        parts = ["--no-emit-project", "--no-default-groups", *chosen]
        answer = self._run(["export", *fixed, *parts, f"--python={sys.executable}"], project)
        return read_pylock(answer.stdout.encode(), "uv's answer", wanted_on=targets)

    def _run(self, arguments: Sequence[str], cwd: Path, until: float = 0) -> process.Completed:
        """Run uv, a second time after a timeout or a broken connection. Raises TooLateError after `until`."""
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                done = process.run(
                    [self._find(), "--color=never", "--no-progress", *arguments],
                    env=self._env,
                    cwd=cwd,
                    timeout=min(max(until - time.monotonic(), 0), _TIMEOUT) if until else _TIMEOUT,
                )
            except subprocess.TimeoutExpired as error:
                if until and time.monotonic() >= until:
                    raise TooLateError("uv was not waited for.") from error
                if last:
                    raise ResolutionError(
                        f"uv did not finish within {_TIMEOUT:.0f} seconds, twice.",
                        hint="Check that the package index answers; then run again.",
                    ) from error
                continue
            if done.code == 0:
                return done
            if last or not may_pass(done.stderr):
                raise refusal(done.stderr)
        raise AssertionError  # the loop either returns or raises

    def _find(self) -> Path:
        beside = Path(sys.executable).with_name("uv")
        if beside.is_file():
            return beside
        from uv import find_uv_bin  # noqa: PLC0415 - reads all that Python was built with, to look there as well

        try:
            with _LOOKING:
                return Path(find_uv_bin())
        except FileNotFoundError:
            import shutil  # noqa: PLC0415 - the rare way

            if found := shutil.which("uv", path=self._path):
                return Path(found)
        raise BuildError("The program uv is missing.", hint="Install it beside this program: `pip install uv`.")


def glibc_for(target: Target) -> tuple[int, int]:
    """Return the glibc to ask uv for: the first that it knows, and that is not older than the target's."""
    return next((known for known in _GLIBCS if known >= target.glibc), _GLIBCS[-1])


def read_pylock(data: bytes, name: str, *, wanted_on: Sequence[Target] = ()) -> Pylock:
    """Return a PEP 751 lock, without what has no file and is for none of these targets. Raises BuildError."""
    try:
        document = tomllib.loads(data.decode())
        if wanted_on:
            document["packages"] = [each for each in document.get("packages", ()) if _counts(each, wanted_on)]
        return Pylock.from_dict(document)
    except (ValueError, RecursionError, PylockValidationError) as error:
        said = re.sub(r"\n\s+", ": ", re.sub(r"\n\s+\^+", "", str(error)))
        raise BuildError(
            f"{name} is not a lock of PEP 751: {said}.", hint="Lock again, with the tool that wrote it."
        ) from error


def _counts(package: Mapping[str, object], targets: Sequence[Target]) -> bool:
    """Tell whether a package has a file, or must have one: of others uv's locks keep the name alone."""
    if not _FILES.isdisjoint(package):
        return True
    try:
        marker = Marker(str(package.get("marker", "")))
        return any(marker.evaluate(target.marker_environment, context="lock_file") for target in targets)
    except (InvalidMarker, UndefinedEnvironmentName, ValueError):
        return True


def _compile_arguments(question: Question, folder: Path, output: Sequence[str]) -> list[str]:
    """Write a question into a folder, and return the command line that puts it."""
    lines = [*question.index_options, *question.requirements]
    (folder / "requirements.in").write_text("".join(f"{line}\n" for line in lines))
    (folder / "constraints.txt").write_text("".join(f"{line}\n" for line in question.constraints))
    (folder / "overrides.txt").write_text("".join(f"{line}\n" for line in question.overrides))
    (folder / "excludes.txt").write_text("".join(f"{name}\n" for name in question.excludes))
    major, minor = question.glibc
    platform = f"--python-platform={question.target.machine}-manylinux_{major}_{minor}"
    return [
        "pip",
        "compile",
        "requirements.in",
        "--constraints=constraints.txt",
        *(["--overrides=overrides.txt"] if question.overrides else []),
        *(["--excludes=excludes.txt"] if question.excludes else []),
        *output,
        f"--python-version={question.anywhere or question.target.python_latest_version}",
        "--universal" if question.anywhere else platform,
        f"--python={sys.executable}",
        *([] if question.sources else ["--only-binary=:all:"]),
        "--no-header",
        *([] if question.dependencies else ["--no-deps"]),
        *(["--prerelease=allow"] if question.prereleases else []),
        *(f"--refresh-package={name}" for name in _changeable(question)),
    ]


def _changeable(question: Question) -> list[str]:
    """Return the names whose file may be another one by now: they are asked for by an address without its hash."""
    return [*question.changeable, *(name for name, url in _by_url(question).items() if "sha256=" not in url)]


def _by_url(question: Question) -> dict[str, str]:
    lines = (*question.requirements, *question.constraints, *question.overrides)
    return {match["name"]: match["url"] for match in filter(None, map(_OF_URL.match, lines))}


def _at_addresses(lock: Pylock) -> set[str]:
    """Return the names of what a lock has from an address, and from no index."""
    archives = {package.name: package.archive.url or "" for package in lock.packages if package.archive}
    return {name for name, url in archives.items() if url.startswith("http") and "sha256=" not in url}


def _seed(answer: Path, preferences: Mapping[str, str]) -> None:
    """Write the versions to keep as an earlier answer of uv: it moves one only when a requirement forces it."""
    if not preferences:
        return
    packages = "".join(
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n' for name, version in sorted(preferences.items())
    )
    answer.write_text(f'lock-version = "1.0"\ncreated-by = "lambda-layer-action"\n{packages}')


def _environment(env: Mapping[str, str], cache: Path) -> dict[str, str]:
    chosen = process.index_environment(env)
    # uv has its own names for pip's settings
    for ours, uvs in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_EXTRA_INDEX_URL", "UV_INDEX")):
        if value := chosen.pop(ours, ""):
            chosen.setdefault(uvs, value)
    if keyring.is_asked(env):
        chosen["UV_KEYRING_PROVIDER"] = "subprocess"
    return chosen | certificates.for_uv(env) | _keeping(cache) | {"UV_PYTHON_DOWNLOADS": "never"}


def _keeping(cache: Path) -> dict[str, str]:
    """Say where uv keeps answers of the index: it cannot do with a folder to read."""
    place = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    return {"UV_CACHE_DIR": str(cache)} if os.access(place, os.W_OK | os.X_OK) else {"UV_NO_CACHE": "1"}


def _yanked(stderr: str) -> list[Yanked]:
    return [
        Yanked(name=match["name"], version=match["version"], reason=match["reason"] or "")
        for match in _YANKED.finditer(stderr)
    ]
