"""From a lock that lists many wheels to the one wheel that a target loads best, by its true tags."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.utils import BuildTag, parse_wheel_filename

from layer_action.build.files.places import file_name
from layer_action.formats.pylock import without_credentials
from layer_action.model.lock import Wheel
from layer_action.model.target import Target
from layer_action.record import field, record

if TYPE_CHECKING:
    from packaging.pylock import Package, PackageArchive, PackageWheel
    from packaging.tags import Tag

_SHA256: Final = "sha256"


@record
class Misfit:
    """A version of which the target can load no wheel. `tags` are those of the wheels that were looked at, sorted.

    Where nobody looked, there may be words on what they are for, `seen` by uv: `cp311`, or `win_amd64`.
    """

    name: str
    version: str
    tags: tuple[str, ...]
    seen: tuple[str, ...] = ()

    @property
    def has_wheels(self) -> bool:
        """Tell whether there are wheels at all, if none that fits."""
        return bool(self.tags or self.seen)


@record
class WrongHash:
    """A version whose fitting wheels have other hashes than the requirement demands, or no sha256 at all.

    `told` are the hashes of other kinds of its `wheel`, by name.
    """

    name: str
    version: str
    wheel: Wheel
    told: Mapping[str, str] = field(default_factory=dict)


def choose_wheel(package: "Package", target: Target, demanded: frozenset[str]) -> Wheel | Misfit | WrongHash:
    """Return the best wheel of a package for a target.

    `demanded` are hashes as a requirement states them (`sha256:…`), none for any; where those of other kinds are among
    them, which no index tells, the wheel is still to be compared. The best is the one with the most specific tag, then
    the highest build number; of equals it is pip's, the last of the index's page.
    """
    wheels = [_wheel(wheel) for wheel in package.wheels or ()]
    if package.archive:
        archive = _archive(package.archive)
        wheels = [archive] if archive.filename.endswith(".whl") else []
    ranks = {tag: rank for rank, tag in enumerate(target.tags)}
    placed = [(place, wheel) for wheel in wheels if (place := _place(wheel, ranks)) is not None]
    ranked = sorted(placed, key=lambda pair: (pair[0], pair[1].filename), reverse=True)
    version = str(package.version or "")
    if not ranked:
        return Misfit(name=package.name, version=version, tags=_tags(wheels))
    known = [wheel for _, wheel in ranked if wheel.sha256]
    accepted = [wheel for wheel in known if not demanded or f"{_SHA256}:{wheel.sha256}" in demanded]
    accepted = accepted or [wheel for wheel in known if accepts(wheel, demanded)]
    if accepted:
        return accepted[0]
    best = ranked[0][1]
    told = next((each.hashes for each in package.wheels or () if each.filename == best.filename), {})
    return WrongHash(name=package.name, version=version, wheel=best, told=told)


def accepts(wheel: Wheel, demanded: frozenset[str]) -> bool:
    """Tell whether a wheel may be one that has a demanded hash."""
    others = any(not each.startswith(_SHA256) for each in demanded)
    return not demanded or others or f"{_SHA256}:{wheel.sha256}" in demanded


def admits(requires_python: str, target: Target) -> bool:
    """Tell whether a Requires-Python value holds for a target, if only for later patch levels of it."""
    versions = (target.python_full_version, target.python_latest_version)
    try:
        specifier = SpecifierSet(requires_python)
        return any(specifier.contains(version, prereleases=True) for version in versions)
    except ValueError:  # no specifier, or one of numbers without end
        return True  # pip and uv pass over it too


def _place(wheel: Wheel, ranks: Mapping["Tag", int]) -> tuple[int, BuildTag] | None:
    """Return how good a wheel is for the target, the best the greatest; None if it does not fit."""
    _, _, build, tags = parse_wheel_filename(wheel.filename)
    rank = min((ranks[tag] for tag in tags if tag in ranks), default=None)
    return None if rank is None else (-rank, build)


def _wheel(wheel: "PackageWheel") -> Wheel:
    return Wheel(
        filename=wheel.filename, sha256=wheel.hashes.get(_SHA256, ""), size=wheel.size, url=_url(wheel.url, wheel.path)
    )


def _archive(archive: "PackageArchive") -> Wheel:
    url = _url(archive.url, archive.path)
    return Wheel(filename=file_name(url or ""), sha256=archive.hashes.get(_SHA256, ""), size=archive.size, url=url)


def _url(url: str | None, path: str | None) -> str | None:
    """Return an address that may be written down: a lock goes into plan files, and plan files to other jobs."""
    if url:
        return without_credentials(url)
    return f"file://{path}" if path else None


def _tags(wheels: list[Wheel]) -> tuple[str, ...]:
    return tuple(sorted({str(tag) for wheel in wheels for tag in parse_wheel_filename(wheel.filename)[3]}))
