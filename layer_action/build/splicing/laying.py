"""From placed wheels and own files to the layout of a layer."""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final, Self

from layer_action.build.splicing.layout import Layout, Owned
from layer_action.build.splicing.merge import Order, key_of
from layer_action.build.splicing.part import Part
from layer_action.build.splicing.winners import OwnPaths, winners
from layer_action.build.wheels.contents import CHUNK
from layer_action.build.wheels.members import is_executable
from layer_action.build.wheels.packing import Packed, PackedFiles, Packer, packed
from layer_action.build.wheels.placement import RECORD, ROOT
from layer_action.errors import BuildError
from layer_action.exhausted import exhausted
from layer_action.formats.zipentry import LARGEST
from layer_action.model.layer import UNZIPPED_LIMIT, Finding
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.sizes import size_in_words
from layer_action.on_disk import in_order

_KEY: Final = 8  # bytes


def lay_out(parts: Sequence[Part], own_files: OwnFiles, lock: tuple[str, bytes], packer: Packer) -> Layout:
    """Merge wheels (in pip's install order), own files and the lock (path and content).

    Raises BuildError where one distribution has a file and another a folder.
    """
    own, drawing = OwnPaths(own_files), _Drawing(parts, PackedFiles(packer))
    # what no layer can hold is measured, and not deflated for minutes
    add = _own if own_files.unzipped < UNZIPPED_LIMIT else _as_it_is
    records = list(map(_changing_record, parts))
    made_anew = [sorted({*part.placement.files.plain, *record}) for part, record in zip(parts, records, strict=True)]
    findings: list[Finding] = []
    for number, start, end in winners(parts, own, findings):
        if number == len(parts):
            for at in range(start, end):
                drawing.pack(add(own.files[at], packer))
            continue
        part, numbers = parts[number], made_anew[number]
        for at in numbers[bisect_left(numbers, start) : bisect_left(numbers, end)]:
            drawing.copy(number, start, at)
            drawing.pack(_record(part, at) if at in records[number] else _deflated(part, at, packer), number)
            start = at + 1  # noqa: PLW2901 - what is behind it is still to be copied
        drawing.copy(number, start, end)
    # the lock stands last, beside the directory: one range reads both
    drawing.pack(packed(lock[0], [lock[1]]))
    return drawing.finished(findings)


class _Drawing:
    """A layout in the making."""

    def __init__(self, parts: Sequence[Part], packed: PackedFiles) -> None:
        self._parts = parts
        self._packed = packed
        self._order = Order()
        self._directory = self._data = self._unzipped = 0
        self._owned = [Owned(array("Q"), array("I")) for _ in parts]

    @classmethod
    def over(cls, layout: Layout) -> Self:
        """Begin with all of a layout but its order."""
        drawing = cls(layout.parts, layout.packed)
        drawing._directory, drawing._data, drawing._unzipped = layout.directory, layout.data, layout.unzipped
        drawing._owned = [Owned(files.keys[:], files.sizes[:]) for files in layout.owned.values()]
        return drawing

    def copy(self, number: int, start: int, end: int) -> None:
        """Add files of a part as they are."""
        if start == end:
            return
        files, key, (keys, sizes) = self._parts[number].placement.files, key_of(number, start), self._owned[number]
        self._order.add(key, end - start)
        self._directory += files.size(start, end)
        self._data += sum(files.zipped[start:end])
        self._unzipped += sum(files.unzipped[start:end])
        keys.extend(range(key, key + end - start))
        sizes.extend(files.unzipped[start:end])

    def pack(self, file: Packed, number: int | None = None) -> None:
        """Add a file that is packed, and the number of the part that it is of."""
        self.put(self.take(file, number))

    def take(self, file: Packed, number: int | None) -> int:
        """Count a file that is packed, and return its key, to be `put` where it belongs."""
        key = key_of(len(self._parts), len(self._packed))
        self._packed.add(file)
        self._directory += len(file.entry)
        self._data += file.zipped
        self._unzipped += file.unzipped
        if number is not None:
            self._owned[number].keys.append(key)
            self._owned[number].sizes.append(file.unzipped)
        return key

    def put(self, key: int) -> None:
        """Let a file that was taken follow."""
        self._order.add(key)

    def finished(self, findings: Sequence[Finding]) -> Layout:
        """Return what was drawn."""
        return Layout(
            parts=self._parts,
            packed=self._packed,
            order=self._order,
            directory=self._directory,
            data=self._data,
            unzipped=self._unzipped,
            owned={part.name: files for part, files in zip(self._parts, self._owned, strict=True)},
            findings=tuple(findings),
        )


def extended(layout: Layout, files: Iterable[tuple[str, Packed]]) -> Layout:
    """Return a layout with more files, each with the distribution that it counts for ("": none)."""
    drawing, numbers = _Drawing.over(layout), {part.name: number for number, part in enumerate(layout.parts)}
    taken = (_to_sort(file.path, drawing.take(file, numbers.get(name))) for name, file in files)
    keys = iter(layout.order)
    there = (_to_sort(layout.path(key), key) for key in islice(keys, len(layout.order) - 1))
    for line in merge(in_order(taken), there):
        drawing.put(int.from_bytes(line[-_KEY:], "big"))
    drawing.put(next(keys))  # the lock
    return drawing.finished(layout.findings)


def _to_sort(path: str, key: int) -> bytes:
    return b"\0".join((path.encode(), key.to_bytes(_KEY, "big")))


def _changing_record(part: Part) -> list[int]:
    """Return the number of the RECORD of a part, where it is not copied as it is."""
    placement = part.placement
    number = placement.files.number(f"{placement.dist_info}/{RECORD}".encode()) if placement.record_changes else None
    return [] if number is None else [number]


def _record(part: Part, number: int) -> Packed:
    if part.wheel.record and not part.placement.excluded:
        return part.wheel.record
    from layer_action.build.wheels.recorded import rewritten  # noqa: PLC0415 - few layers need it

    return rewritten(part.wheel.read, part.placement.files[number].member, part.placement, part.wheel.filename)


def _deflated(part: Part, number: int, packer: Packer) -> Packed:
    path, member = part.placement.files[number]
    return packer.pack(ROOT + path, part.wheel.content(member), executable=is_executable(member.external))


def _as_it_is(own: OwnFile, _packer: Packer) -> Packed:
    if own.size > LARGEST:
        raise BuildError(
            f"{own.path} has {size_in_words(own.size)}: more than a plain zip holds.",
            hint="Leave it out of `include`: a function can load it from S3, or be a container image.",
        )
    return Packed.of(own.path, tuple, zipped=own.size, unzipped=own.size, crc=0, executable=own.executable)


def _own(own: OwnFile, packer: Packer) -> Packed:
    def chunks() -> Iterator[bytes]:
        state = hashlib.sha256()
        try:
            with own.source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    state.update(chunk)
                    yield chunk
        except OSError as error:
            raise exhausted(error) or BuildError(
                f"{own.source.name} cannot be read: {error.strerror}.",
                hint="Give this user the right to read it, or leave it out of `include`.",
            ) from error
        if state.hexdigest() != own.sha256:
            # the digest counts the file as it was
            raise BuildError(f"{own.source.name} changed while the layer was built.", hint="Build again.")

    return packer.pack(own.path, chunks(), executable=own.executable)
