"""A wheel that is open for reading: a file of the cache, a fresh build, or one still on the index."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from layer_action.build.wheels.about import About
from layer_action.build.wheels.contents import data_offset, inflated
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.elf import CompiledFile
from layer_action.build.wheels.members import not_a_zip
from layer_action.build.wheels.packing import Packed
from layer_action.build.wheels.placement import Placement
from layer_action.errors import BadZipError, BuildError
from layer_action.exhausted import exhausted
from layer_action.formats.zipdir import Member
from layer_action.formats.zipend import Read
from layer_action.model.layer import Finding
from layer_action.record import record


@record
class Verified:
    """What is known of a wheel that was looked into, and keeps its word.

    `placement` says what of it goes where, `compiled` are the ELF files among that, `about` is what it says of itself,
    and `record` its RECORD where that changes, as it is true of a layer that leaves nothing out.
    """

    placement: Placement
    compiled: tuple[CompiledFile, ...]
    about: About
    record: Packed | None


@record
class OpenWheel:
    """A wheel and how to read it; what is known of it as in `Verified`.

    `size` is the file's, in bytes, whatever an index or a lock told.
    `compiled` and `record` are of wheels that were looked into.
    `stated` are its needs, where they were asked for and are not to be read again.
    `findings` are what was noticed while it was built.
    """

    filename: str
    size: int
    placement: Placement
    read: Read
    about: About
    compiled: tuple[CompiledFile, ...] = ()
    record: Packed | None = None
    stated: Metadata | None = None
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, filename: str, read: Read, size: int, found: Verified) -> Self:
        """Open a wheel that was looked into."""
        return cls(
            filename=filename,
            size=size,
            placement=found.placement,
            read=read,
            compiled=found.compiled,
            about=found.about,
            record=found.record,
        )

    def content(self, member: Member) -> Iterator[bytes]:
        """Yield what a member holds, a piece at a time. Raises UnsafeWheelError."""
        try:
            yield from inflated(self.read, member, data_offset(self.read, member))
        except BadZipError as error:
            raise not_a_zip(self.filename, error) from error


@contextmanager
def reading(path: Path) -> Iterator[tuple[Read, int]]:
    """Open a file for reads at any place, by several threads at once; give its size too. Raises BuildError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise exhausted(error) or BuildError(
            f"{path.name} cannot be read: {error.strerror}.",
            hint="Build again: something else may have removed it from `cache-dir` in the meantime.",
        ) from error
    try:
        yield lambda offset, count: os.pread(handle, count, offset), os.fstat(handle).st_size
    finally:
        os.close(handle)
