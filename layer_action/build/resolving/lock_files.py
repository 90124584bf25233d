"""What a lock holds, and where it lies: on a server, or at a path that counts from the lock."""

from collections.abc import Container
from pathlib import Path
from typing import Final
from urllib.parse import quote

from packaging.pylock import PackageArchive, PackageDirectory, PackageSdist, PackageVcs

from layer_action.build.asking.lock_text import LOCK_AGAIN
from layer_action.build.asking.projects import local_identity
from layer_action.build.files.places import path_below, relative
from layer_action.errors import ConfigError, Location, ResolutionError
from layer_action.formats.digest import sha256_of
from layer_action.formats.pylock import without_credentials
from layer_action.model.lock import Source, SourceKind, Wheel
from layer_action.record import record, replace

_FILE: Final = "file://"


@record
class Entry:
    """One distribution of a lock on a target. `version` is "" for a project that tells it only when asked.

    `other_hash` is what a lock tells of its file, as `sha512:…`, where it has no sha256 yet.
    """

    name: str
    version: str
    origin: Wheel | Source
    location: Location
    dependencies: tuple[str, ...] | None = None
    other_hash: str = ""

    def without(self, elsewhere: Container[str]) -> "Entry":
        """Return the same without dependencies on what the lock holds for other targets alone."""
        told = self.dependencies
        return replace(self, dependencies=told and tuple(name for name in told if name not in elsewhere))


@record
class LockFiles:
    """The places that a lock in `folder` names for one distribution, at its line. `root` must be resolved."""

    root: Path
    folder: Path
    name: str
    here: Location

    def wheel(self, wheel: Wheel) -> Wheel:
        """Return a wheel whose path in the lock, if it has one, is a place on this machine.

        Raises ConfigError, and ResolutionError for another file than the one that was locked.
        """
        if not (wheel.url or "").startswith(_FILE):
            return wheel
        path = self._file(wheel.url or "")
        if wheel.sha256 and (actual := sha256_of(path)) != wheel.sha256:
            raise ResolutionError(
                f"{relative(self.root, path)} is not the file that was locked: its sha256 is {actual}.",
                location=self.here,
                hint=LOCK_AGAIN,
            )
        return replace(wheel, url=f"{_FILE}{quote(str(path))}")

    def source(self, archive: PackageSdist | PackageArchive, *, subdirectory: str = "") -> Source:
        """Return an archive of source code. Raises ConfigError."""
        url = archive.url or f"{_FILE}{archive.path}"
        is_here = url.startswith(_FILE) or "://" not in url
        return Source(
            kind=SourceKind.SDIST,
            location=relative(self.root, self._file(url)) if is_here else without_credentials(url),
            identity=f"sha256:{archive.hashes.get('sha256', '')}",
            subdirectory=subdirectory,
        )

    def project(self, directory: PackageDirectory) -> Source:
        """Return a project of the repository. Raises ConfigError."""
        path = path_below(self.root, self.folder, directory.path, self.here)
        if not path.is_dir():
            raise self._missing("project", directory.path)
        return Source(
            kind=SourceKind.DIRECTORY,
            location=relative(self.root, path),
            identity=local_identity(path, root=self.root),
            subdirectory=directory.subdirectory or "",
        )

    def _file(self, url: str) -> Path:
        name = url.removeprefix(_FILE)
        path = path_below(self.root, self.folder, name, self.here)
        if not path.is_file():
            raise self._missing("file", name)
        return path

    def _missing(self, what: str, name: str) -> ConfigError:
        return ConfigError(
            f"The {what} {name} of {self.name} does not exist.",
            location=self.here,
            hint="Check it out, if it is a submodule or left out by a sparse checkout; else lock again.",
        )


def commit(vcs: PackageVcs) -> Source:
    """Return a commit of a repository."""
    return Source(
        kind=SourceKind.VCS,
        location=f"git+{without_credentials(vcs.url or '')}",
        identity=f"commit:{vcs.commit_id}",
        subdirectory=vcs.subdirectory or "",
    )
