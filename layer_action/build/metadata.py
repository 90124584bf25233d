"""What wheels need, read without downloading them: the index's `.metadata` (PEP 658), else METADATA by Range."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from layer_action.build.about import LARGEST_METADATA, headers
from layer_action.build.appearing import appearing
from layer_action.build.members import not_a_zip, unsafe
from layer_action.build.project import Metadata
from layer_action.build.verify import MOST_MEMBERS
from layer_action.errors import BadZipError, BuildError, DownloadError
from layer_action.formats.zipdir import read_directory, read_member
from layer_action.http import Http
from layer_action.model.lock import Wheel

_WITH_URLS: Final = "Build from requirements, or from a lock with URLs."
_AT_ONCE: Final = 12  # requests; a layer of forty wheels takes four rounds
_METADATA: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_NOT_SERVED: Final = (403, 404, 405)  # an index without PEP 658, or one that guards unknown paths


class MetadataReader:
    """Reads METADATA of wheels; keeps it by the wheel's sha256, so that a second run asks nobody."""

    def __init__(self, http: Http, cache: Path) -> None:
        """Remember where to ask and where to keep."""
        self._http = http
        self._cache = cache

    def read_all(self, wheels: Mapping[str, Wheel]) -> dict[str, Metadata]:
        """Return the metadata of named wheels, read side by side. Raises DownloadError, BuildError."""
        found = {name: self._known(wheel) for name, wheel in wheels.items()}
        missing = [name for name, known in found.items() if known is None]
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:  # which starts a thread for what there is to do
            found.update(zip(missing, pool.map(lambda name: self._asked(wheels[name]), missing), strict=True))
        return {name: metadata for name, metadata in found.items() if metadata is not None}

    def read(self, wheel: Wheel) -> Metadata:
        """Return the metadata of one wheel. Raises DownloadError, BuildError."""
        return self._known(wheel) or self._asked(wheel)

    def _known(self, wheel: Wheel) -> Metadata | None:
        try:
            return parse_metadata(self.kept(wheel.sha256).read_bytes())
        except (OSError, BuildError):  # not there, or damaged
            return None

    def _asked(self, wheel: Wheel) -> Metadata:
        content = self._fetch(wheel)
        parsed = parse_metadata(content)
        keep(self.kept(wheel.sha256), content)
        return parsed

    def kept(self, identity: str) -> Path:
        """Return where the metadata of a wheel (its sha256) or a source (its identity) is kept."""
        name = identity.replace(":", "-")
        return self._cache / name[-2:] / f"{name}.metadata"

    def _fetch(self, wheel: Wheel) -> bytes:
        if wheel.url is None:
            raise BuildError(f"It is not known where {wheel.filename} can be downloaded.", hint=_WITH_URLS)
        parts = urlsplit(wheel.url)
        if parts.scheme != "file":
            try:
                url = urlunsplit(parts._replace(path=f"{parts.path}.metadata", fragment=""))
                return self._http.get(url, limit=LARGEST_METADATA)
            except DownloadError as error:
                if error.status not in _NOT_SERVED:
                    raise
        return self._inside(wheel.url, wheel.filename)

    def read_file(self, path: Path) -> Metadata:
        """Return the metadata of a wheel on this machine; nothing is kept. Raises BuildError."""
        return parse_metadata(self._inside(path.as_uri(), path.name))

    def _inside(self, url: str, filename: str) -> bytes:
        try:
            with self._http.ranged(url) as file:
                for member in read_directory(file.read, file.size, most=MOST_MEMBERS):
                    if _METADATA.fullmatch(member.name):
                        return read_member(file.read, member)
        except BadZipError as error:
            raise not_a_zip(filename, error) from error
        raise unsafe(filename, "has no METADATA")


def parse_metadata(content: bytes) -> Metadata:
    """Return what matters of core metadata. Raises BuildError when name or version are missing."""
    found = fields(content)
    name, version = only(found, "name"), only(found, "version")
    if not name or not version:
        raise BuildError(
            "The metadata of a distribution has no name or version.", hint="Ask for another version of it."
        )
    return Metadata(
        name=canonicalize_name(name),
        version=version,
        requires=tuple(found.get("requires-dist", ())),
        requires_python=only(found, "requires-python"),
        extras=tuple(found.get("provides-extra", ())),
    )


def fields(content: bytes) -> dict[str, list[str]]:
    """Return the values of each header of core metadata; `packaging.metadata` would load 2 MB for it."""
    found: dict[str, list[str]] = {}
    for name, value in headers(content.decode("utf-8", "replace")):
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
            file.write(content)
