"""The oracle: what `pip install --target` makes of the wheels that a layer is made of."""

import json
import os
import platform
import stat
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from layer_action import process
from layer_action.build.builder import WheelBuilder
from layer_action.build.resolve import UvResolver
from layer_action.build.wheels.fetch import WheelCache
from layer_action.http import Http
from layer_action.model.layer import Artifact, Finding, LayerContent, LayerSpec, Severity
from layer_action.model.lock import Lock, Wheel
from layer_action.model.target import RUNTIMES, Architecture, Target
from layer_action.ports.building import Preferences
from tests.fakes import RecordingConsole

# what pip writes itself, or installs where no layer looks
OF_PIP = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


def run_pip(arguments: Sequence[str | Path], folder: Path) -> None:
    """Run pip as a fresh machine would: without this machine's pip settings."""
    env = process.index_environment(os.environ) | {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1"}
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = process.run(command, env=env, cwd=folder, timeout=600)
    assert done.code == 0, done.stderr


def for_target(target: Target) -> list[str]:
    """Return pip's options for a foreign target; it wants every platform tag by name."""
    major, minor = target.glibc
    platforms = [f"manylinux_{major}_{older}_{target.machine}" for older in range(minor, 4, -1)]
    platforms += [f"{name}_{target.machine}" for name in ("manylinux2014", "manylinux2010", "manylinux1")]
    chosen = [option for platform in platforms for option in ("--platform", platform)]
    return ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python_latest_version}", *chosen]


def installed(wheels: Sequence[Path], target: Target, folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Return content and exec bit of each file that pip installs, but for its own, scripts and headers."""
    options = ["install", "--quiet", "--no-deps", "--no-compile", "--no-index", *for_target(target)]
    run_pip([*options, "--target", folder, *wheels], folder.parent)
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_file()
            and not _is_of_pip(name)
            and not name.startswith(("bin/", "include/site/", "include/python"))
            and "__pycache__/" not in name
        ):
            found[name] = (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
    return found


def found_by_pip(requirements: Sequence[str], target: Target, folder: Path) -> dict[str, str]:
    """Return the versions that pip's own resolver chooses; for markers, it must be of the target's version."""
    report = folder / "report.json"
    options = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", report, *for_target(target)]
    run_pip([*options, "--target", folder / "nothing", *requirements], folder)
    installs = json.loads(report.read_text())["install"]
    return {canonicalize_name(each["metadata"]["name"]): each["metadata"]["version"] for each in installs}


def like_this_machine() -> Target:
    """Return the target that is most like this interpreter and machine."""
    minor = min(sys.version_info.minor, max(int(runtime.removeprefix("python3.")) for runtime in RUNTIMES))
    arm = platform.machine() in ("aarch64", "arm64")
    return target(f"3.{minor}", "arm64" if arm else "x86_64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """Builds layers of real requirements in `folder`; `cache` keeps their wheels from one set to the next."""

    folder: Path
    cache: Path

    def difference(self, requirements: Sequence[str], target: Target) -> list[str]:
        """Return the paths on which a layer and pip differ; those that pip loses (`data/lib`) do not count."""
        lock = self._lock(requirements, target)
        ours = self._spliced(lock, target)
        theirs = installed(self._wheels(lock), target, self.folder / "tree")
        both = ours.keys() | theirs.keys()
        lost = {name for name in ours.keys() - theirs.keys() if name.startswith("lib/")}
        return sorted(name for name in both - lost if ours.get(name) != theirs.get(name))

    def _lock(self, requirements: Sequence[str], target: Target) -> Lock:
        (self.folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements))
        resolver = UvResolver(env=self._env, cache=self.cache, http=self._http, console=RecordingConsole())
        return resolver.resolve(self._spec(target), target, self.folder, Preferences(versions={})).lock

    def versions(self, requirements: Sequence[str], target: Target) -> dict[str, str]:
        """Return the versions that a layer gets."""
        return {found.name: found.version for found in self._lock(requirements, target).distributions}

    def findings(self, requirements: Sequence[str], target: Target) -> tuple[Finding, ...]:
        """Return what the inspection says of a layer."""
        return self._built(self._lock(requirements, target), target).findings

    def _built(self, lock: Lock, target: Target) -> Artifact:
        content = LayerContent(
            spec=self._spec(target),
            layer_name="oracle",
            targets=(target,),
            lock=lock,
            digest=f"d1:{0:032}",
            inputs_hash=f"i:{0:012}",
        )
        builder = WheelBuilder(env=self._env, cache=self.cache, http=self._http, console=RecordingConsole())
        return builder.build(content, self.folder, self.folder / "out")

    def _spliced(self, lock: Lock, target: Target) -> dict[str, tuple[bytes, bool]]:
        """Return content and exec bit of each file of the layer, but for what pip writes itself."""
        artifact = self._built(lock, target)
        errors = [finding.message for finding in artifact.findings if finding.severity is Severity.ERROR]
        assert [each for each in errors if "unzipped" not in each] == []
        with zipfile.ZipFile(artifact.path) as archive:
            return {
                info.filename.removeprefix("python/"): (archive.read(info), bool(info.external_attr >> 16 & 0o100))
                for info in archive.infolist()
                if info.filename.startswith("python/") and not _is_of_pip(info.filename.removeprefix("python/"))
            }

    def _wheels(self, lock: Lock) -> list[Path]:
        cache = WheelCache(self.cache, http=self._http, console=RecordingConsole())
        wheels = [found.origin for found in lock.distributions if isinstance(found.origin, Wheel)]
        return [found.path for found in cache.fetch(wheels)]

    def _spec(self, target: Target) -> LayerSpec:
        return LayerSpec(name="oracle", layer_name="oracle", requirements=("requirements.txt",), targets=(target,))

    @property
    def _env(self) -> dict[str, str]:
        return process.index_environment(os.environ)

    @property
    def _http(self) -> Http:
        return Http(self._env)


def _is_of_pip(path: str) -> bool:
    folder, _, name = path.partition("/")
    return folder.endswith(".dist-info") and name in OF_PIP


def target(runtime: str, architecture: str) -> Target:
    """Return a target by its words."""
    return Target(runtime=f"python{runtime}", architecture=Architecture(architecture))
