"""Files of which a lock tells a sha512 or sha384, and no sha256: each is held to what is told, and tells the other."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from layer_action.build.asking.lock_text import LOCK_AGAIN
from layer_action.build.resolving.lock_files import Entry
from layer_action.build.sources.remote import archive_of
from layer_action.build.wheels.metadata import keep, remembered
from layer_action.errors import BuildError, LayerActionError, ResolutionError, concerning, located, raise_all
from layer_action.formats.digest import sha256_of
from layer_action.http import Http
from layer_action.model.lock import Source, Wheel
from layer_action.record import record, replace

_STRONG: Final = re.compile(r"sha512:[0-9a-f]{128}|sha384:[0-9a-f]{96}")
_UNKNOWN: Final = "sha256:"
_FOLDER: Final = "hashes-1"  # the number counts the forms that are kept
_AT_ONCE: Final = 8


def other_hash(hashes: Mapping[str, str]) -> str:
    """Return the strongest hash of a file but its sha256, as `sha512:…`; "" where it has none."""
    told = (f"{kind}:{hashes.get(kind, '').lower()}" for kind in ("sha512", "sha384"))
    return next(filter(_STRONG.fullmatch, told), "")


def is_unidentified(origin: Wheel | Source) -> bool:
    """Tell whether a lock tells no sha256 of a file."""
    return not origin.sha256 if isinstance(origin, Wheel) else origin.identity == _UNKNOWN


@record
class Identifying:
    """Fetches files by `http` to learn their sha256; `cache` keeps what was learnt. `root` is the repository's."""

    http: Http
    cache: Path
    root: Path

    def all(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return entries of a lock, with a sha256 for each file. Raises ResolutionError, DownloadError, Problems."""
        if not any(is_unidentified(entry.origin) for entry in entries):
            return list(entries)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = list(pool.map(self._tried, entries))
        raise_all(error for error in found if isinstance(error, LayerActionError))
        return [entry for entry in found if isinstance(entry, Entry)]

    def _tried(self, entry: Entry) -> Entry | LayerActionError:
        try:
            return self._identified(entry) if is_unidentified(entry.origin) else entry
        except LayerActionError as error:
            return concerning(located(error, entry.location), entry.name)

    def _identified(self, entry: Entry) -> Entry:
        kept = self.cache / _FOLDER / entry.other_hash.replace(":", "-")
        sha256 = ""
        with suppress(OSError, BuildError):  # not there, or damaged
            sha256 = remembered(kept).decode()
        if not sha256:
            with self._file(entry.origin) as path:
                sha256 = _compared(path, entry.other_hash)
            keep(kept, sha256.encode())
        if isinstance(entry.origin, Wheel):
            return replace(entry, origin=replace(entry.origin, sha256=sha256))
        return replace(entry, origin=replace(entry.origin, identity=f"{_UNKNOWN}{sha256}"))

    @contextmanager
    def _file(self, origin: Wheel | Source) -> Iterator[Path]:
        url = (origin.url or "") if isinstance(origin, Wheel) else origin.location
        with TemporaryDirectory(prefix="lambda-layer-") as folder:
            yield archive_of(url, self.root, Path(folder), self.http)


def _compared(path: Path, told: str) -> str:
    """Return a file's sha256. Raises ResolutionError where it has another hash than the one that is told."""
    kind, _, demanded = told.partition(":")
    with path.open("rb", buffering=0) as file:
        actual = hashlib.file_digest(file, kind).hexdigest()
    if actual != demanded:
        raise ResolutionError(f"{path.name} is not the file that was locked: its {kind} is {actual}.", hint=LOCK_AGAIN)
    return sha256_of(path)
