"""Wheels in a content-addressed cache: fetched in parallel, verified before they get their name there.

    <cache>/wheels-3/<first two hex digits>/<sha256>/<file name>     the wheel
    <cache>/wheels-3/<first two hex digits>/<sha256>/verified        that it was, and what was learnt of it (see `note`)

Several runs may share it, and any may be killed: a name appears by rename, when the file behind it is whole. A wheel is
hashed when it enters, and again when inode, size or change time are not what they were then, as git does it.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from layer_action.build.files.appearing import PARTIAL, appearing, opened
from layer_action.build.wheels.elf import ReadElf, read_elf
from layer_action.build.wheels.instead import HINT, LOOKED_AT, instead
from layer_action.build.wheels.note import LARGEST_NOTE, Note, decode, encode
from layer_action.build.wheels.wheel import Verified, reading
from layer_action.errors import BuildError, LayerActionError, WrongFileError, concerning, raise_all
from layer_action.exhausted import exhausted
from layer_action.http import LARGEST_FILE, Http
from layer_action.model.lock import Wheel, normalised_name
from layer_action.on_disk import HELD
from layer_action.record import record

if TYPE_CHECKING:
    from layer_action.ports.speaking import Console

# The number counts the checks that a wheel has passed: with more of them, every wheel is checked again.
_FOLDER: Final = "wheels-3"
_NOTE: Final = "verified"
_ABANDONED: Final = 86_400.0  # seconds
_AT_ONCE: Final = 8  # downloads
_HELD: Final = 1 << 22  # bytes of all entries of a layer, in memory; of other wheels they are read when asked for
_MOST_VERIFIED_AT_ONCE: Final = 4  # each takes memory and a core
_FILENAME: Final = re.compile(r"[A-Za-z0-9][^/\\\0]*\.whl")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


@record(kw_only=False)
class CachedWheel:
    """A wheel on disk, and what is known of it."""

    path: Path
    verified: Verified


class WheelCache:
    """The cache at a folder."""

    def __init__(self, folder: Path, *, http: Http, console: "Console") -> None:
        """Use a folder that need not exist yet."""
        self._folder = folder / _FOLDER
        self._http = http
        self._console = console
        self._verifying = BoundedSemaphore(min(os.cpu_count() or 1, _MOST_VERIFIED_AT_ONCE))

    def fetch(self, wheels: Sequence[Wheel], *, before: Callable[[], None] = lambda: None) -> tuple[CachedWheel, ...]:
        """Return each wheel's place, in order, downloading those that are missing: after a call of `before`.

        Raises BuildError, Problems.
        """
        results: dict[int, CachedWheel | LayerActionError | None] = {}
        held = _HELD // max(1, len(wheels))
        for number, wheel in enumerate(wheels):
            if known := _known(self._place(wheel), held):
                results[number] = known
        missing = [number for number in range(len(wheels)) if number not in results]
        if missing:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - loads `logging`

            from layer_action.build.wheels.elf_apart import ElfReader  # noqa: PLC0415 - only a new wheel is looked into

            before()
            with self._console.progress("Fetching wheels", len(missing)) as progress, ElfReader() as elf:

                def one(number: int) -> CachedWheel | LayerActionError | None:
                    try:
                        return self._one(wheels[number], elf.read)
                    except LayerActionError as error:
                        return concerning(error, normalised_name(wheels[number].filename.partition("-")[0]))
                    finally:
                        progress.advance()

                with ThreadPoolExecutor(_AT_ONCE) as pool:
                    results.update(zip(missing, pool.map(one, missing), strict=True))
            raise_all(error for error in results.values() if isinstance(error, LayerActionError))
        ordered = (results[number] or self._noted(wheel, held) for number, wheel in enumerate(wheels))
        return tuple(found for found in ordered if isinstance(found, CachedWheel))

    def find(self, wheel: Wheel) -> CachedWheel | None:
        """Return a wheel that has not changed since it was verified."""
        return _known(self._place(wheel))

    def _noted(self, wheel: Wheel, held: int) -> CachedWheel:
        """Return a wheel of which this run took note: what is known of many waits on disk until all are there."""
        path = self._place(wheel)
        return _known(path, held) or CachedWheel(path, _looked_into(path))

    def _place(self, wheel: Wheel) -> Path:
        if not _FILENAME.fullmatch(wheel.filename) or not _SHA256.fullmatch(wheel.sha256):
            raise BuildError(
                f"The lock names a wheel that cannot be one: {wheel.filename!r}.", hint="Make the lock anew."
            )
        return self._folder / wheel.sha256[:2] / wheel.sha256 / wheel.filename

    def _one(self, wheel: Wheel, elf: ReadElf) -> CachedWheel | None:
        path = self._place(wheel)
        try:
            return self._fetched(wheel, path, elf)
        except OSError as error:
            if exhausted(error):
                raise
            raise BuildError(
                f"{wheel.filename} cannot be kept in the cache: {error.strerror or error}.",
                hint=f"Let `cache-dir` name another folder, or remove {path.relative_to(self._folder.parent)} in it.",
            ) from error

    def _fetched(self, wheel: Wheel, path: Path, elf: ReadElf) -> CachedWheel | None:
        _sweep(path.parent)
        if path.is_file():
            from layer_action.formats.digest import sha256_of  # noqa: PLC0415 - most cached wheels are known

            if sha256_of(path) == wheel.sha256:
                with self._verifying:
                    verified = _looked_into(path, elf)
                return _remember(path, verified)
            self._console.warning(f"The cached {wheel.filename} was damaged: it is removed and fetched again.")
            path.unlink(missing_ok=True)
        if not wheel.url:
            raise BuildError(
                f"{wheel.filename} is not in the cache, and the lock does not say where to get it.",
                hint="Build from requirements or from a lock with URLs.",
            )
        self._console.debug(f"Downloading {wheel.filename}")
        path.parent.mkdir(parents=True, exist_ok=True)
        with appearing(path) as (file, partial):
            self._http.download(wheel.url, file, limit=wheel.size or LARGEST_FILE)
            file.flush()
            with self._verifying:
                verified = _checked(partial, wheel, elf)
            self._hold_to_its_word(wheel, verified, partial)
        return _remember(path, verified)

    def _hold_to_its_word(self, wheel: Wheel, verified: Verified, partial: Path) -> None:
        from layer_action.build.wheels.metadata import MetadataReader  # noqa: PLC0415 - `packaging` costs 50 ms

        own = verified.placement.metadata("METADATA")
        with reading(partial) as (read, _):
            MetadataReader(self._http, self._folder.parent).compare(wheel, read, [own] if own else [])


def _sweep(folder: Path) -> None:
    """Remove what killed runs left of a wheel, if it can be; younger pieces may be of a run that is still at it."""
    for partial in folder.glob(f".*{PARTIAL}"):
        with contextlib.suppress(OSError):
            if partial.stat().st_mtime < time.time() - _ABANDONED:
                partial.unlink()


def _checked(partial: Path, wheel: Wheel, elf: ReadElf) -> Verified:
    from layer_action.build.wheels.verify import verify  # noqa: PLC0415 - only a new wheel is looked into
    from layer_action.formats.digest import sha256_of  # noqa: PLC0415

    actual = sha256_of(partial)
    with reading(partial) as (read, size):
        if actual != wheel.sha256:
            came = instead(read(0, LOOKED_AT), size, wheel.size)
            replaced = "If the index replaced the file on purpose, make the lock anew; else do not use it."
            raise WrongFileError(
                f"{wheel.filename} is not the file that was locked: its sha256 is {actual}, "
                f"the lock says {wheel.sha256}.{came}",
                sha256=actual,
                hint=HINT if came else replaced,
            )
        return verify(read, size, wheel.filename, elf)


def _looked_into(path: Path, elf: ReadElf = read_elf) -> Verified:
    """Look into a wheel whose hash is right; it may be of a run that was killed before it took note."""
    from layer_action.build.wheels.verify import verify  # noqa: PLC0415 - only a new wheel is looked into

    with reading(path) as (read, size):
        return verify(read, size, path.name, elf)


def _known(path: Path, held: int = HELD) -> CachedWheel | None:
    """Return a wheel that has not changed since it was verified, with at most so many bytes of entries in memory."""
    try:
        with opened(path.parent / _NOTE, LARGEST_NOTE) as file:
            note = decode(file, held)
        if note.stamp != _stamp(path):
            return None
    except (OSError, EOFError, ValueError, TypeError, KeyError) as error:
        if exhausted(error):
            raise
        return None
    return CachedWheel(path, note.verified)


def _remember(path: Path, verified: Verified) -> CachedWheel | None:
    """Take note of a wheel; return it where the cache can only be read: the next run will look into it again."""
    note = Note(stamp=_stamp(path), verified=verified)
    try:
        with appearing(path.parent / _NOTE) as (file, _):
            file.writelines(encode(note))
    except OSError:
        return CachedWheel(path, verified)
    return None


def _stamp(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_ctime_ns]
