"""From placed wheels and own files to the layout of a layer."""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from heapq import merge
from typing import TYPE_CHECKING, Final

from layer_action.build.contents import CHUNK, data_offset, inflated
from layer_action.build.layout import Layout, Owned
from layer_action.build.members import ROOT, is_executable, rewritten_record, unsafe
from layer_action.build.merge import KEY_BITS, KEY_MASK, key_of
from layer_action.build.packing import Packed, Packer, packed
from layer_action.build.part import Part
from layer_action.build.winners import OwnPaths, winners
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import METHOD_AND_SIZES, STORED, Member, read_raw
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.record import replace

if TYPE_CHECKING:
    from layer_action.model.layer import Finding

_WORTH_DEFLATING: Final = 1 << 12  # bytes; stored members of wheels are empty, as a rule


def lay_out(parts: Sequence[Part], own_files: OwnFiles, lock: tuple[str, bytes], packer: Packer) -> Layout:
    """Merge wheels (in pip's install order), own files and the lock (path and content).

    Raises BuildError where one distribution has a file and another a folder.
    """
    own, last = OwnPaths(own_files), packed(lock[0], [lock[1]])
    begins = [part.placement.files.begins for part in parts]
    entries = [part.placement.files.directory.entries for part in parts]
    records = {f"{part.placement.dist_info}/RECORD".encode() for part in parts if part.placement.record_changes}
    owned = [Owned(array("Q"), array("Q")) for _ in parts]
    findings: list[Finding] = []
    made: list[Packed] = []
    order = array("Q")
    names, data, unzipped = len(last.path.encode()), last.zipped, last.unzipped
    look_at = METHOD_AND_SIZES.unpack_from
    for path, winner in winners(parts, own, findings):
        number, at = winner >> KEY_BITS, winner & KEY_MASK
        key, file, zipped, size = winner, None, 0, 0
        if number == len(parts):
            file = _own(own.files[at], packer)
        else:
            method, zipped, size = look_at(entries[number], begins[number][at])
            if path in records or (method == STORED and size >= _WORTH_DEFLATING):
                file = _deflated(parts[number], at, packer, is_record=path in records)
        if file:
            key, zipped, size = key_of(len(parts), len(made)), file.zipped, file.unzipped
            made.append(file)
        if number < len(parts):
            owned[number].keys.append(key)
            owned[number].sizes.append(size)
        order.append(key)
        names += len(ROOT) + len(path)
        data += zipped
        unzipped += size
    # the lock stands last, beside the directory: one range reads both
    order.append(key_of(len(parts), len(made)))
    return Layout(
        parts=parts,
        packed=(*made, last),
        order=order,
        names=names,
        data=data,
        unzipped=unzipped,
        owned={part.name: files for part, files in zip(parts, owned, strict=True)},
        findings=tuple(findings),
    )


def extended(layout: Layout, files: Sequence[tuple[str, Packed]]) -> Layout:
    """Return a layout with more files, each with the distribution that it counts for ("": none)."""
    keys = [key_of(len(layout.parts), len(layout.packed) + number) for number in range(len(files))]
    added = sorted((file.path, key) for (_, file), key in zip(files, keys, strict=True))
    *order, lock = layout.order
    there = ((layout.path(key), key) for key in order)
    owned = {name: Owned(files.keys[:], files.sizes[:]) for name, files in layout.owned.items()}
    for (name, file), key in zip(files, keys, strict=True):
        if name:
            owned[name].keys.append(key)
            owned[name].sizes.append(file.unzipped)
    return replace(
        layout,
        packed=(*layout.packed, *(file for _, file in files)),
        order=array("Q", [*(key for _, key in merge(there, added)), lock]),
        names=layout.names + sum(len(file.path.encode()) for _, file in files),
        data=layout.data + sum(file.zipped for _, file in files),
        unzipped=layout.unzipped + sum(file.unzipped for _, file in files),
        owned=owned,
    )


def _deflated(part: Part, at: int, packer: Packer, *, is_record: bool) -> Packed:
    """Deflate a RECORD that must be rewritten, or what a wheel stored plainly."""
    path, member = part.placement.files[at]
    read = part.wheel.read
    if is_record:
        return _record(part, path, member)
    content = inflated(read, member, data_offset(read, member))
    return packer.pack(ROOT + path, content, executable=is_executable(member.external))


def _record(part: Part, path: str, member: Member) -> Packed:
    import csv  # noqa: PLC0415 - few wheels need it

    read = part.wheel.read
    try:
        data = read_raw(read, member)
        content = inflated(lambda at, count: data[at : at + count], member, 0)
        return packed(ROOT + path, rewritten_record(content, part.placement))
    except (BadZipError, csv.Error) as error:
        raise unsafe(part.wheel.filename, f"has a RECORD that cannot be read: {str(error).rstrip('.')}") from error


def _own(own: OwnFile, packer: Packer) -> Packed:
    def chunks() -> Iterator[bytes]:
        state = hashlib.sha256()
        try:
            with own.source.open("rb") as file:
                while chunk := file.read(CHUNK):
                    state.update(chunk)
                    yield chunk
        except OSError as error:
            raise BuildError(
                f"{own.source.name} cannot be read: {error.strerror}.",
                hint="Give this user the right to read it, or leave it out of `include`.",
            ) from error
        if state.hexdigest() != own.sha256:
            # the digest counts the file as it was
            raise BuildError(f"{own.source.name} changed while the layer was built.", hint="Build again.")

    return packer.pack(own.path, chunks(), executable=own.executable)
