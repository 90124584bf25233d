"""Wheels in a content-addressed cache: fetched in parallel, verified before they get their name there.

    <cache>/wheels-1/<first two hex digits>/<sha256>/<file name>     the wheel
    <cache>/wheels-1/<first two hex digits>/<sha256>/verified.json   that it was, and what its compiled files ask for

Several runs may share it, and any may be killed: a name appears by rename, when the file behind it is whole. A wheel is
hashed when it enters, and again when inode, size or change time are not what they were then, as git does it.
"""

import contextlib
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from layer_action.build.elf import CompiledFile
from layer_action.build.verify import verify
from layer_action.build.wheel import reading
from layer_action.errors import BuildError, LayerActionError, raise_all
from layer_action.http import Http
from layer_action.model.lock import Wheel

if TYPE_CHECKING:
    from layer_action.ports import Console

# The number counts the checks that a wheel has passed: with more of them, every wheel is checked again.
_FOLDER: Final = "wheels-1"
_NOTE: Final = "verified.json"
_PARTIAL: Final = ".part"
_ABANDONED: Final = 86_400.0  # seconds
_AT_ONCE: Final = 8  # downloads
_MOST_VERIFIED_AT_ONCE: Final = 4  # each takes memory and a core
_CHUNK: Final = 1 << 20
_FILENAME: Final = re.compile(r"[A-Za-z0-9][^/\\\0]*\.whl")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_LARGEST: Final = 2 << 30  # bytes; no layer holds such a wheel


class CachedWheel(NamedTuple):
    """A verified wheel on disk, and its compiled files."""

    path: Path
    compiled: tuple[CompiledFile, ...]


class WheelCache:
    """The cache at a folder."""

    def __init__(self, folder: Path, *, http: Http, console: "Console") -> None:
        """Use a folder that need not exist yet."""
        self._folder = folder / _FOLDER
        self._http = http
        self._console = console
        self._verifying = BoundedSemaphore(min(os.cpu_count() or 1, _MOST_VERIFIED_AT_ONCE))

    def fetch(self, wheels: Sequence[Wheel]) -> tuple[CachedWheel, ...]:
        """Return each wheel's place, in order, downloading those that are missing. Raises BuildError, Problems."""
        results: dict[int, CachedWheel | LayerActionError] = {}
        for number, wheel in enumerate(wheels):
            if known := _known(self._place(wheel)):
                results[number] = known
        missing = [number for number in range(len(wheels)) if number not in results]
        if missing:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - loads `logging`

            with self._console.progress("Fetching wheels", len(missing)) as progress:

                def one(number: int) -> CachedWheel | LayerActionError:
                    try:
                        return self._one(wheels[number])
                    except LayerActionError as error:
                        return error
                    finally:
                        progress.advance()

                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    results.update(zip(missing, pool.map(one, missing), strict=True))
            raise_all(error for error in results.values() if isinstance(error, LayerActionError))
        ordered = (results[number] for number in range(len(wheels)))
        return tuple(found for found in ordered if isinstance(found, CachedWheel))

    def find(self, wheel: Wheel) -> Path | None:
        """Return where a wheel lies that has not changed since it was verified."""
        known = _known(self._place(wheel))
        return known.path if known else None

    def _place(self, wheel: Wheel) -> Path:
        if not _FILENAME.fullmatch(wheel.filename) or not _SHA256.fullmatch(wheel.sha256):
            raise BuildError(f"The lock names a wheel that cannot be one: {wheel.filename!r}.")
        return self._folder / wheel.sha256[:2] / wheel.sha256 / wheel.filename

    def _one(self, wheel: Wheel) -> CachedWheel:
        path = self._place(wheel)
        if path.is_file():
            if sha256_of(path) == wheel.sha256:
                return _verified(path)
            self._console.warning(f"The cached {wheel.filename} was damaged: it is removed and fetched again.")
            path.unlink(missing_ok=True)
        if not wheel.url:
            raise BuildError(
                f"{wheel.filename} is not in the cache, and the lock does not say where to get it.",
                hint="Build from requirements or from a lock with URLs.",
            )
        self._console.debug(f"Downloading {wheel.filename}")
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        with _appearing(path) as (file, partial):
            self._http.download(wheel.url, file, limit=wheel.size or _LARGEST)
            file.flush()
            with self._verifying:
                compiled = _checked(partial, wheel)
        _remember(path, compiled)
        return CachedWheel(path, compiled)


def _sweep(folder: Path) -> None:
    """Remove what killed runs left of a wheel; younger pieces may be of a run that is still at it."""
    for partial in folder.glob(f".*{_PARTIAL}"):
        with contextlib.suppress(FileNotFoundError):
            if partial.stat().st_mtime < time.time() - _ABANDONED:
                partial.unlink()


def sha256_of(path: Path) -> str:
    """Return the hex sha256 of a file."""
    state = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _checked(partial: Path, wheel: Wheel) -> tuple[CompiledFile, ...]:
    actual = sha256_of(partial)
    if actual != wheel.sha256:
        raise BuildError(
            f"{wheel.filename} is not the file that was locked: its sha256 is {actual}, the lock says {wheel.sha256}.",
            hint="If the index replaced the file on purpose, make the lock anew; else do not use it.",
        )
    with reading(partial) as (read, size):
        return verify(read, size, wheel.filename).compiled


def _verified(path: Path) -> CachedWheel:
    """Look into a wheel whose hash is right; it may be of a run that was killed before it took note."""
    with reading(path) as (read, size):
        compiled = verify(read, size, path.name).compiled
    _remember(path, compiled)
    return CachedWheel(path, compiled)


def _known(path: Path) -> CachedWheel | None:
    """Return a wheel that has not changed since it was verified."""
    try:
        note = json.loads((path.parent / _NOTE).read_bytes())
        if note["stamp"] != _stamp(path):
            return None
        rows = note["compiled"]
        return CachedWheel(path, tuple(CompiledFile(str(name), str(machine), (a, b)) for name, machine, (a, b) in rows))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _remember(path: Path, compiled: Sequence[CompiledFile]) -> None:
    with _appearing(path.parent / _NOTE) as (file, _):
        file.write(json.dumps({"stamp": _stamp(path), "compiled": compiled}).encode())


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_ctime_ns]


@contextlib.contextmanager
def _appearing(path: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """Write a file under a temporary name; it gets its own at the end of the block, and vanishes after an error."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_PARTIAL)
    partial = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file, partial
        partial.chmod(0o644)
        os.replace(partial, path)  # noqa: PTH105 - said as what it is: atomic
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
