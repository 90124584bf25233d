"""What a published zip says of itself, read by ranges: its lock, its sizes, its distributions."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.errors import BadZipError, BuildError, DownloadError
from layer_action.formats import pylock
from layer_action.formats.zipdir import Member, read_member
from layer_action.formats.zipend import Read
from layer_action.model.layer import DistributionSize
from layer_action.model.lock import Lock, LockedDistribution, Wheel
from layer_action.model.published import LayerVersion
from layer_action.model.target import RUNTIMES, Architecture, Target

# python/NAME-VERSION.dist-info/FILE, or below python/lib/python3.12/site-packages/
_DIST_INFO: Final = re.compile(
    r"(?P<root>python/(?:lib/python3\.\d+/site-packages/)?)(?P<name>[^/-]+)-(?P<version>[^/-]+)\.dist-info/(?P<file>.+)"
)
_EMBEDDED: Final = re.compile(r"lambda-layer/pylock\.[^/]+\.toml")
_FALLBACK: Final = Target(runtime="python3.12", architecture=Architecture.X86_64)


def unzipped(members: Sequence[Member]) -> int:
    """Return the sum of the unpacked sizes, in bytes: that is how AWS seems to count (it does not say)."""
    return sum(member.uncompressed for member in members)


def embedded_lock(read: Read, members: Sequence[Member], layer_name: str) -> Lock | None:
    """Return the lock that we put into the zip; None when there is none, or none that we can make sense of.

    A layer copied under another name carries the lock of its first one. Raises DownloadError.
    """
    found = [member for member in members if _EMBEDDED.fullmatch(member.name)]
    named = [member for member in found if member.name == pylock.embedded_path(layer_name)]
    for member in named or (found if len(found) == 1 else []):
        try:
            return pylock.decode(read_member(read, member))
        except DownloadError:  # it may say anything
            raise
        except BuildError:
            return None
    return None


def names_of(members: Sequence[Member]) -> frozenset[tuple[str, str]]:
    """Return the distributions that a zip holds, name and version, as its `*.dist-info` folders are called."""
    return frozenset(
        (canonicalize_name(match["name"]), match["version"])
        for member in members
        if (match := _DIST_INFO.fullmatch(member.name))
    )


def lock_of_names(members: Sequence[Member], version: LayerVersion) -> Lock | None:
    """Return a lock made from the `*.dist-info` names: enough to compare versions, its wheels have no hash."""
    names = names_of(members)
    if not names:
        return None
    distributions = tuple(
        LockedDistribution(
            name=name,
            version=number,
            origin=Wheel(filename=f"{name.replace('-', '_')}-{number}-py3-none-any.whl", sha256=""),
        )
        for name, number in sorted(names)
    )
    return Lock(target=_target(version), distributions=distributions)


def _target(version: LayerVersion) -> Target:
    """Return the first target the version was published for; a guess where its publisher named none."""
    runtime = next((runtime for runtime in version.runtimes if runtime in RUNTIMES), _FALLBACK.runtime)
    architecture = next(iter(version.architectures), _FALLBACK.architecture)
    return Target(runtime=runtime, architecture=Architecture(architecture))


def distribution_sizes(read: Read, members: Sequence[Member]) -> tuple[DistributionSize, ...]:
    """Return what each distribution's RECORD says it owns, in bytes unpacked, the heaviest first."""
    sizes = {member.name: member.uncompressed for member in members}
    owned: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for member in members:
        match = _DIST_INFO.fullmatch(member.name)
        if match and match["file"] == "RECORD":
            key = canonicalize_name(match["name"]), match["version"]
            owned[key].extend(_recorded(read, member, match["root"], sizes))
    found = [_size(name, version, files) for (name, version), files in owned.items()]
    return tuple(sorted(found, key=lambda size: (-size.unzipped, size.name, size.version)))


def _size(name: str, version: str, files: Sequence[tuple[str, int]]) -> DistributionSize:
    return DistributionSize.of(name, version, [size for _, size in files], lambda at: files[at][0])


def _recorded(read: Read, record: Member, root: str, sizes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    try:
        lines = read_member(read, record).decode(errors="replace").splitlines()
    except BadZipError:
        return
    for row in csv.reader(lines):
        if row and (size := sizes.get(f"{root}{row[0]}")) is not None:
            yield row[0], size
