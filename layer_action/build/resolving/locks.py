"""Locks that lie in the repository: taken as they are."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from packaging.markers import UndefinedEnvironmentName
from packaging.pylock import Package, PackageArchive, Pylock
from packaging.utils import parse_wheel_filename

from layer_action.build.asking.asked import LockFile
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.lock_text import LOCK_AGAIN, line_asking, lock_lines
from layer_action.build.files.places import is_address, relative
from layer_action.build.files.toml import read_toml
from layer_action.build.resolving.behind import behind
from layer_action.build.resolving.lock_errors import of_pylock, of_uv_lock
from layer_action.build.resolving.lock_files import Entry, LockFiles, commit
from layer_action.build.resolving.markers import holds
from layer_action.build.resolving.other_hash import Identifying, is_unidentified, other_hash
from layer_action.build.resolving.releases import read_releases
from layer_action.build.resolving.unfit import UnfitError, lock_again, without_wheel
from layer_action.build.resolving.uv_graph import UvGraph, read_uv_graph
from layer_action.build.sources.origin import allowing_together, may_build, require_permission
from layer_action.build.uv import Uv, read_pylock
from layer_action.build.wheels.select import Misfit, WrongHash, admits, choose_wheel
from layer_action.errors import BuildError, ConfigError, LayerActionError, Location, ResolutionError, by_line, raise_all
from layer_action.http import Http
from layer_action.model.layer import LayerSpec
from layer_action.model.lock import Source, Wheel
from layer_action.model.target import Target

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class LockReader:
    """Reads locks of the repository at `root`, for one layer."""

    def __init__(self, *, uv: Uv, http: Http, identifying: Identifying, root: Path, spec: LayerSpec) -> None:
        """Remember whose locks are read, and whom to ask why one does not do."""
        self._identifying = identifying
        self._uv = uv
        self._http = http
        self._root = root.resolve()
        self._spec = spec

    def read(self, lock: LockFile) -> Pylock:
        """Return a lock as PEP 751, that of uv too. Raises ConfigError, ResolutionError."""
        path = self._root / lock.path
        text = text_of(path, self._root, LOCK_AGAIN)
        read_toml(text, lock.path, LOCK_AGAIN)
        if not lock.is_of_uv:
            try:
                return read_pylock(text.encode(), lock.path)
            except BuildError as error:
                raise of_pylock(error.message, text, lock.path, error.hint) from error
        project = path.with_name("pyproject.toml")
        if not project.is_file():
            raise ConfigError(
                f"{lock.path} has no pyproject.toml beside it.",
                location=lock.location,
                hint="uv.lock is read together with its project: keep both in one folder.",
            )
        read_toml(text_of(project, self._root), relative(self._root, project), "Correct it at that place.")
        try:
            return self._uv.export(
                path.parent, extras=self._spec.extras, groups=self._spec.groups, targets=self._spec.targets
            )
        except BuildError as error:
            raise of_uv_lock(error.message, text, lock.path, self._spec) from error

    def graph(self, lock: LockFile, target: Target) -> UvGraph:
        """Return who needs whom on a target, as a uv.lock tells it."""
        text = text_of(self._root / lock.path, self._root)
        return read_uv_graph(text, target=target, extras=self._spec.extras, groups=self._spec.groups)

    def behind(self, lock: LockFile) -> tuple[str, ...]:
        """Return the names for which a lock is older than its project; () for locks that know no project."""
        path = self._root / lock.path
        if not lock.is_of_uv:
            return ()
        project = text_of(path.with_name("pyproject.toml"), self._root)
        return behind(text_of(path, self._root), project, self._spec.targets)

    def line_asking(self, names: Sequence[str], lock: LockFile) -> Location:
        """Return the line of the project that asks for one of these names; the lock, where none does any more."""
        project = (self._root / lock.path).with_name("pyproject.toml")
        line = line_asking(names, text_of(project, self._root))
        return Location(relative(self._root, project), line) if line else Location(lock.path)

    def entries(self, lock: LockFile, target: Target) -> list[Entry]:
        """Return what a lock holds for a target. Raises ConfigError, ResolutionError, Problems."""
        pylock = self.read(lock)
        self._check_choices(pylock, lock)
        self._check_python(pylock, lock, target)
        lines = lock_lines(text_of(self._root / lock.path, self._root), lock.path)
        problems: list[LayerActionError] = []
        unfit: list[UnfitError] = []
        found: dict[str, Entry] = {}
        for package in pylock.packages:
            here = lines.get(package.name) or Location(lock.path)
            try:
                if not self._applies(package, pylock, target, here):
                    continue
                entry = self._entry(package, lock, target, here)
                if package.name in found:
                    raise ConfigError(
                        f"{lock.path} holds {package.name} twice for {target}.",
                        location=here,
                        hint=lock_again(lock, self._spec, target),
                    )
                found[package.name] = entry
            except UnfitError as one:
                unfit.append(one)
            except LayerActionError as problem:
                problems.append(problem)
        newest = partial(self._newest, target=target)
        found_wrong = by_line([*problems, *without_wheel(unfit, lock, self._spec, target, newest)])
        raise_all(allowing_together(found_wrong, self._spec))
        elsewhere = {package.name for package in pylock.packages} - found.keys()
        return self._identifying.all([entry.without(elsewhere) for entry in found.values()])

    def _newest(self, unfit: UnfitError, target: Target) -> str:
        releases = read_releases(self._http, unfit.index, unfit.misfit.name) if unfit.index else None
        fitting = releases.fitting(target) if releases else []
        return str(fitting[-1]) if fitting else ""

    def _check_choices(self, pylock: Pylock, lock: LockFile) -> None:
        """Refuse extras and groups that a lock does not know (uv itself checks those of uv.lock)."""
        if lock.is_of_uv:
            return
        problems = []
        for key, chosen, known in (
            ("extras", self._spec.extras, pylock.extras or ()),
            ("groups", self._spec.groups, pylock.dependency_groups or ()),
        ):
            if unknown := sorted(set(chosen) - set(known)):
                has = f"It has {', '.join(sorted(known))}." if known else "It has none."
                problems.append(
                    ConfigError(
                        f"{lock.path} knows no {key} {', '.join(unknown)}. {has}",
                        location=self._spec.location(key),
                        hint=f"Change `{key}` of the layer, or lock again with them.",
                    )
                )
        raise_all(problems)

    def _check_python(self, pylock: Pylock, lock: LockFile, target: Target) -> None:
        environment = target.marker_environment
        python = str(pylock.requires_python or "")
        other = pylock.environments and not any(holds(marker, environment) for marker in pylock.environments)
        if other or not admits(python, target):
            made_for = f"Python {python}" if not other else " or ".join(str(m) for m in pylock.environments or ())
            raise ResolutionError(
                f"{lock.path} is a lock for {made_for}, not for {target}.",
                location=lock.location or Location(lock.path),
                hint=lock_again(lock, self._spec, target),
            )

    def _applies(self, package: Package, pylock: Pylock, target: Target, here: Location) -> bool:
        if package.marker is None:
            return True
        groups = self._spec.groups or tuple(pylock.default_groups or ())
        chosen: dict[str, str | frozenset[str]] = {
            **target.marker_environment,
            "extras": frozenset(self._spec.extras),
            "dependency_groups": frozenset(groups),
        }
        try:
            return package.marker.evaluate(chosen, context="lock_file")
        except (UndefinedEnvironmentName, ValueError) as error:  # no comparison, or one with a number without end
            raise ConfigError(
                f"The marker of {package.name} compares what cannot be compared.", location=here, hint=LOCK_AGAIN
            ) from error

    def _entry(self, package: Package, lock: LockFile, target: Target, here: Location) -> Entry:
        if not admits(str(package.requires_python or ""), target):
            raise ResolutionError(
                f"{package.name} {package.version} does not support Python {target.python}.",
                location=here,
                hint=lock_again(lock, self._spec, target),
            )
        files = (package.archive, package.sdist, package.vcs, *(package.wheels or ()))
        if not all(is_address(file.url or "") for file in files if file):
            raise ConfigError(f"{package.name} has an URL that is none.", location=here, hint=LOCK_AGAIN)
        names = package.dependencies
        origin = self._origin(package, lock, target, here)
        version = package.version or (parse_wheel_filename(origin.filename)[1] if isinstance(origin, Wheel) else "")
        return Entry(
            name=package.name,
            version=str(version),
            origin=origin,
            location=here,
            dependencies=None if names is None else tuple(str(each.get("name", "")) for each in names),
            other_hash=self._other_hash(package, origin, lock, here) if is_unidentified(origin) else "",
        )

    def _origin(self, package: Package, lock: LockFile, target: Target, here: Location) -> Wheel | Source:
        folder = (self._root / lock.path).parent
        files = LockFiles(root=self._root, folder=folder, name=package.name, here=here)
        if package.directory:
            require_permission(self._spec, package.name, here, local=True)
            return files.project(package.directory)
        if package.vcs:
            require_permission(self._spec, package.name, here, local=False)
            return commit(package.vcs)
        if package.archive and not _filename(package.archive).endswith(".whl"):
            require_permission(self._spec, package.name, here, local=False)
            return files.source(package.archive, subdirectory=package.archive.subdirectory or "")
        match choose_wheel(package, target, frozenset()):
            case (Wheel() as wheel) | WrongHash(wheel=wheel) if wheel.sha256 and not _SHA256.fullmatch(wheel.sha256):
                raise ConfigError(
                    f"The sha256 of {wheel.filename} in {lock.path} has not 64 digits: {wheel.sha256}.",
                    location=here,
                    hint=LOCK_AGAIN,
                )
            case (Wheel() as wheel) | WrongHash(wheel=wheel):
                return files.wheel(wheel)
            case Misfit() as misfit:
                if package.sdist and may_build(self._spec, package.name, local=False):
                    return files.source(package.sdist)
                raise UnfitError(misfit, here, has_source=package.sdist is not None, index=package.index or "")

    def _other_hash(self, package: Package, origin: Wheel | Source, lock: LockFile, here: Location) -> str:
        """Return what is told of a file in place of its sha256. Raises ConfigError where it has no such hash."""
        files = [package.archive.hashes] if package.archive else []
        if isinstance(origin, Wheel):
            files += [wheel.hashes for wheel in package.wheels or () if wheel.filename == origin.filename]
        elif package.sdist:
            files.append(package.sdist.hashes)
        if told := next(map(other_hash, files), ""):
            return told
        raise ConfigError(
            f"A file of {package.name} has no sha256, sha384 or sha512 in {lock.path}.", location=here, hint=LOCK_AGAIN
        )


def _filename(archive: PackageArchive) -> str:
    return (archive.url or archive.path or "").partition("#")[0]
