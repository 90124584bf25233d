"""What wheels need, read without downloading them: the index's `.metadata` (PEP 658), else METADATA by Range."""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from layer_action.build.files.appearing import appearing, opened
from layer_action.build.wheels.about import LARGEST_METADATA, SOME, headers, read_metadata
from layer_action.build.wheels.claims import is_of
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.instead import unreadable
from layer_action.build.wheels.members import unsafe
from layer_action.build.wheels.placement import Placement
from layer_action.build.wheels.verify import MOST_MEMBERS
from layer_action.errors import (
    BadZipError,
    BuildError,
    DownloadError,
    LayerActionError,
    TooLongError,
    concerning,
    raise_all,
)
from layer_action.formats.zipdir import Member, read_directory, read_member
from layer_action.formats.zipend import Read
from layer_action.http import Http
from layer_action.model.lock import Source, Wheel

_CHECKSUM_LENGTH: Final = 9
_LARGEST_KEPT: Final = 9 << 20  # bytes; of a wheel, 8 MiB are read at most
_FOLDER: Final = "metadata-4"  # the number counts the forms that are kept
_WITH_URLS: Final = "Build from requirements, or from a lock with URLs."
_AT_ONCE: Final = 12  # requests; a layer of forty wheels takes four rounds
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_NOT_SERVED: Final = (403, 404, 405)  # an index without PEP 658, or one that guards unknown paths


class MetadataReader:
    """Reads METADATA of wheels; keeps it by the wheel's sha256, so that a second run asks nobody."""

    def __init__(self, http: Http, cache: Path) -> None:
        """Remember where to ask, and below which folder that runs share to keep."""
        self._http = http
        self._cache = cache / _FOLDER

    def read_all(self, wheels: Mapping[str, Wheel]) -> dict[str, Metadata]:
        """Return the metadata of named wheels, read side by side. Raises DownloadError, BuildError, Problems."""
        found = self.try_all(wheels)
        raise_all(metadata for metadata in found.values() if isinstance(metadata, LayerActionError))
        return {name: metadata for name, metadata in found.items() if isinstance(metadata, Metadata)}

    def try_all(self, wheels: Mapping[str, Wheel]) -> dict[str, Metadata | LayerActionError]:
        """Return the metadata of named wheels, read side by side, or the error that one of them ended in."""
        known = {name: metadata for name, wheel in wheels.items() if (metadata := self._known(wheel))}
        missing = [name for name in wheels if name not in known]

        def one(name: str) -> Metadata | LayerActionError:
            try:
                return self._asked(wheels[name])
            except LayerActionError as error:
                return concerning(error, name)

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:  # which starts a thread for what there is to do
            asked = dict(zip(missing, pool.map(one, missing), strict=True))
        return {name: known.get(name) or asked[name] for name in wheels}

    def known(self, origins: Mapping[str, Wheel | Source]) -> dict[str, Metadata]:
        """Return the metadata of those wheels among named origins of which it was kept; nobody is asked."""
        wheels = {name: origin for name, origin in origins.items() if isinstance(origin, Wheel)}
        return {name: metadata for name, wheel in wheels.items() if (metadata := self._known(wheel))}

    def read(self, wheel: Wheel) -> Metadata:
        """Return the metadata of one wheel. Raises DownloadError, BuildError."""
        return self._known(wheel) or self._asked(wheel)

    def _known(self, wheel: Wheel) -> Metadata | None:
        try:
            return parse_metadata(remembered(self.kept(wheel.sha256)), wheel.filename)
        except (OSError, BuildError):  # not there, or damaged
            return None

    def _asked(self, wheel: Wheel) -> Metadata:
        content = self._fetch(wheel)
        parsed = parse_metadata(content, wheel.filename)
        keep(self.kept(wheel.sha256), content)
        return parsed

    def kept(self, name: str) -> Path:
        """Return where the metadata of a wheel (its sha256) or a source (its file name) is kept."""
        return self._cache / name[-2:] / f"{name}.metadata"

    def _fetch(self, wheel: Wheel) -> bytes:
        if wheel.url is None:
            raise BuildError(f"It is not known where {wheel.filename} can be downloaded.", hint=_WITH_URLS)
        parts = urlsplit(wheel.url)
        beside = urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))
        stated = self._stated(beside, wheel.filename) if parts.scheme != "file" else b""
        return stated or self._inside(wheel.url, wheel.filename, wheel.size)

    def _stated(self, url: str, filename: str) -> bytes:
        """Return what an index states of a wheel (PEP 658); b"" where that is nothing, or cannot be the wheel's."""
        try:
            content = self._http.get(url, limit=LARGEST_METADATA)
        except TooLongError:
            return b""
        except DownloadError as error:
            if error.status not in _NOT_SERVED:
                raise
            return b""
        found = fields(content, filename)
        return content if is_of(filename, only(found, "name"), only(found, "version")) else b""

    def compare(self, wheel: Wheel, read: Read, members: Iterable[Member]) -> None:
        """Hold a wheel that is here to what was known of its needs before, and keep its own from now on.

        Raises BuildError where they are others.
        """
        known = self._known(wheel)
        own = _metadata(read, members, wheel.filename)
        stated = parse_metadata(own, wheel.filename)
        if known != stated:
            keep(self.kept(wheel.sha256), own)
        if known not in (None, stated):
            raise BuildError(
                f"{wheel.filename} needs other things than the index states of it.",
                hint="Run again: the wheel's own needs count from now on. Tell who runs the index.",
            )

    def read_file(self, path: Path) -> Metadata:
        """Return the metadata of a wheel on this machine; nothing is kept. Raises BuildError."""
        return parse_metadata(self._inside(path.as_uri(), path.name), path.name)

    def _inside(self, url: str, filename: str, size: int | None = None) -> bytes:
        with self._http.ranged(url) as file:
            try:
                return _metadata(file.read, read_directory(file.read, file.size, most=MOST_MEMBERS), filename)
            except BadZipError as error:
                raise unreadable(filename, file, error, url=url, expected=size) from error


def _metadata(read: Read, members: Iterable[Member], filename: str) -> bytes:
    for member in members:
        if _METADATA.fullmatch(member.name):
            return read_member(read, member)
    raise unsafe(filename, "has no METADATA")


def metadata_in(placement: Placement, read: Read, filename: str) -> Metadata:
    """Return what an open wheel says of itself. Raises BuildError."""
    member = placement.metadata("METADATA")
    return parse_metadata(read_metadata(read, member, filename) if member else b"", filename)


def parse_metadata(content: bytes, of: str = SOME) -> Metadata:
    """Return what matters of core metadata. Raises BuildError, which names what it is `of`, without name or version."""
    found = fields(content, of)
    name, version = only(found, "name"), only(found, "version")
    if not name or not version:
        raise BuildError(
            f"The metadata of {of} has no name or version, or more than one.", hint="Ask for another version of it."
        )
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=tuple(found.get("requires-dist", ())),
        requires_python=only(found, "requires-python"),
        extras=tuple(found.get("provides-extra", ())),
    )


def fields(content: bytes, of: str = SOME) -> dict[str, list[str]]:
    """Return the values of each header of core metadata; `packaging.metadata` would load 2 MB for it."""
    found: dict[str, list[str]] = {}
    for name, value in headers(content.decode("utf-8", "replace"), of):
        found.setdefault(name, []).append(value)
    return found


def only(found: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the one value of a header, "" where there is none, or more than one."""
    values = found.get(name, ())
    return values[0] if len(values) == 1 else ""


def metadata_text(metadata: Metadata) -> bytes:
    """Return core metadata for a project that is not built yet."""
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {metadata.name}",
        f"Version: {metadata.version}",
        *([f"Requires-Python: {metadata.requires_python}"] if metadata.requires_python else []),
        *(f"Requires-Dist: {line}" for line in metadata.requires),
        *(f"Provides-Extra: {extra}" for extra in metadata.extras),
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def keep(path: Path, content: bytes) -> None:
    """Write a file of the cache whole or not at all: one that cannot be kept is asked for again by the next run."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(path) as (file, _):
            file.write(_checksum(path, content) + content)


def remembered(path: Path) -> bytes:
    """Read what was kept. Raises OSError, and BuildError for what was changed since."""
    with opened(path, _LARGEST_KEPT) as file:
        checksum, content = file.read(_CHECKSUM_LENGTH), file.read()
    if checksum != _checksum(path, content):
        raise BuildError(f"{path.name} is damaged.", hint="Remove it.")
    return content


def _checksum(path: Path, content: bytes) -> bytes:
    """Count what a file is called too: one of another wheel, or of none, is damaged in this place."""
    return b"%08x\n" % zlib.crc32(content, zlib.crc32(path.name.encode()))
