"""The oracle: what `pip install --target` makes of the same wheels."""

import os
import stat
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from layer_action import process
from layer_action.model.target import Architecture, Target
from tests.build.shelf import Shelf

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
    return ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}", *chosen]


def download(requirements: Sequence[str], target: Target, folder: Path) -> list[Path]:
    """Download the wheels of requirements and of all that they need."""
    folder.mkdir(parents=True, exist_ok=True)
    run_pip(["download", "--quiet", *for_target(target), "--dest", folder, *requirements], folder)
    return sorted(folder.glob("*.whl"))


def installed(wheels: Sequence[Path], target: Target, folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Return content and exec bit of each file that pip installs, by path, but for its own and scripts."""
    options = ["install", "--quiet", "--no-deps", "--no-compile", "--no-index", *for_target(target)]
    run_pip([*options, "--target", folder, *wheels], folder.parent)
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if (
            path.is_file()
            and not _is_of_pip(name)
            and not name.startswith(("bin/", "include/"))
            and "__pycache__/" not in name
        ):
            found[name] = (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR))
    return found


def spliced(wheels: Sequence[Path], target: Target, folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Return the same of a layer made of the wheels."""
    shelf = Shelf(folder=folder)
    for wheel in wheels:
        name, version, *_ = wheel.name.split("-")
        shelf.put(name.lower().replace("_", "-").replace(".", "-"), wheel.name, wheel.read_bytes(), version=version)
    artifact = shelf.build(shelf.content(targets=[target]))
    assert not [finding for finding in artifact.findings if finding.severity.value != "notice"], artifact.findings
    with zipfile.ZipFile(artifact.path) as archive:
        return {
            info.filename.removeprefix("python/"): (archive.read(info), bool(info.external_attr >> 16 & 0o100))
            for info in archive.infolist()
            if info.filename.startswith("python/") and not _is_of_pip(info.filename.removeprefix("python/"))
        }


def difference(requirements: Sequence[str], target: Target, folder: Path) -> list[str]:
    """Return the paths on which the splice and pip differ; those that pip loses (`data/lib`) do not count."""
    wheels = download(requirements, target, folder / "wheels")
    theirs = installed(wheels, target, folder / "tree")
    ours = spliced(wheels, target, folder / "shelf")
    both = ours.keys() | theirs.keys()
    lost = {name for name in ours.keys() - theirs.keys() if name.startswith("lib/")}
    return sorted(name for name in both - lost if ours.get(name) != theirs.get(name))


def _is_of_pip(path: str) -> bool:
    folder, _, name = path.partition("/")
    return folder.endswith(".dist-info") and name in OF_PIP


def target(runtime: str, architecture: str) -> Target:
    """Return a target by its words."""
    return Target(runtime=f"python{runtime}", architecture=Architecture(architecture))
