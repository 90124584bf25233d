"""What a layer's zip will hold, entry by entry, before a byte of it is written: sizes follow from this alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from layer_action.build.splicing.merge import Order, split
from layer_action.build.splicing.part import Copied, Part
from layer_action.build.wheels.packing import Packed, PackedFiles
from layer_action.build.wheels.placement import ROOT
from layer_action.formats.zipend import end_size
from layer_action.formats.zipentry import SHORTER
from layer_action.model.layer import Finding
from layer_action.record import record

if TYPE_CHECKING:
    from array import array

Entry: TypeAlias = Copied | Packed


class Owned(NamedTuple):
    """The files of one distribution in a layer: the key of each, and the bytes that it unpacks to."""

    keys: "array[int]"
    sizes: "array[int]"


@record
class Layout:
    """Entries in the order of the zip, and what they come to.

    Each is a key (see `merge`): the number of a part and of its file; what is packed comes behind the parts.
    `directory` is the length of the zip's directory, `data` that of what stands between headers, `unzipped` that of all
    files, in bytes. `owned` tells of each distribution, by name.
    """

    parts: Sequence[Part]
    packed: PackedFiles
    order: Order
    directory: int
    data: int
    unzipped: int
    owned: Mapping[str, Owned]
    findings: tuple[Finding, ...] = ()

    @property
    def zipped(self) -> int:
        """The size of the zip, in bytes."""
        heads = self.directory - SHORTER * len(self.order)
        return heads + self.data + self.directory + end_size(len(self.order))

    def entry(self, key: int) -> Entry:
        """Return what a key stands for."""
        number, at = split(key)
        if number == len(self.parts):
            return self.packed[at]
        part = self.parts[number]
        return Copied(part, *part.placement.files[at])

    def path(self, key: int) -> str:
        """Return the path in the zip of what a key stands for."""
        number, at = split(key)
        if number == len(self.parts):
            return self.packed.path(at)
        return ROOT + self.parts[number].placement.files.path(at).decode()

    def entries(self) -> Iterator[Entry]:
        """Make one entry after the other."""
        return map(self.entry, self.order)
