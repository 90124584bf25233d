"""Files of which a lock or an index tells no sha256: each is held to what is told, such as a sha512, and hashed."""

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
_FOLDER: Final = "hashes-2"  # the number counts the forms that are kept
_AT_ONCE: Final = 8
_BY_LOCK: Final = ("was locked", LOCK_AGAIN)
_BY_INDEX: Final = ("the index tells of", "Run again. If it stays so, tell who runs the index.")


def other_hash(hashes: Mapping[str, str]) -> str:
    """Return the strongest hash of a file but its sha256, as `sha512:…`; "" where it has none."""
    told = (f"{kind}:{hashes.get(kind, '').lower()}" for kind in ("sha512", "sha384"))
    return next(filter(_STRONG.fullmatch, told), "")


def any_other_hash(hashes: Mapping[str, str]) -> str:
    """Return what an index tells of a file, if only an md5; "" where that is nothing."""
    return other_hash(hashes) or (f"md5:{hashes['md5'].lower()}" if "md5" in hashes else "")


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

    def wheel(self, wheel: Wheel, told: str) -> Wheel:
        """Return a wheel of an index with its sha256; "" is told where nothing is. Raises as `all` does."""
        return replace(wheel, sha256=self._sha256(wheel, told, _BY_INDEX))

    def _sha256(self, origin: Wheel | Source, told: str, by: tuple[str, str]) -> str:
        kept = self.cache / _FOLDER / told.replace(":", "-")
        with suppress(OSError, BuildError):  # not there, or damaged
            return remembered(kept).decode()
        with self._file(origin) as path:
            sha256 = _compared(path, told, by)
        if told:
            keep(kept, sha256.encode())
        return sha256

    def _identified(self, entry: Entry) -> Entry:
        sha256 = self._sha256(entry.origin, entry.other_hash, _BY_LOCK)
        if isinstance(entry.origin, Wheel):
            return replace(entry, origin=replace(entry.origin, sha256=sha256))
        return replace(entry, origin=replace(entry.origin, identity=f"{_UNKNOWN}{sha256}"))

    @contextmanager
    def _file(self, origin: Wheel | Source) -> Iterator[Path]:
        url = (origin.url or "") if isinstance(origin, Wheel) else origin.location
        with TemporaryDirectory(prefix="lambda-layer-") as folder:
            yield archive_of(url, self.root, Path(folder), self.http)


def _compared(path: Path, told: str, by: tuple[str, str]) -> str:
    """Return a file's sha256. Raises ResolutionError where it has another hash than the one that is told."""
    kind, _, demanded = told.partition(":")
    if kind:
        with path.open("rb", buffering=0) as file:
            actual = hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()
        if actual != demanded:
            which, hint = by
            raise ResolutionError(f"{path.name} is not the file that {which}: its {kind} is {actual}.", hint=hint)
    return sha256_of(path)
