"""Where a layer's bytes are: a rectangle a distribution, and in it one a file; areas are unzipped sizes."""

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import squarify

from layer_action.model.layer import DistributionSize
from layer_action.record import record, replace
from layer_action.report import words

WIDTH: Final = 560.0
HEIGHT: Final = 360.0
HEADER: Final = 20.0  # for a distribution's name above its files
# Rectangles below a few pixels say nothing; the layout is recursive, too.
_LARGEST: Final = 120
_PADDING: Final = 3.0
_ROOM: Final = (44.0, 24.0)  # the least that is worth dividing
_LEAST_FILE: Final = 90.0  # square pixels


class Box(NamedTuple):
    """A rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float


@record
class FileTile:
    """A file, or the sum of those that are too small for a rectangle of their own (`is_rest`)."""

    name: str
    unzipped: int
    box: Box
    is_rest: bool = False


@record
class Tile:
    """A distribution. `kind` is same, changed, added, removed or rest: the style of it. Not all have room for files."""

    name: str
    version: str
    unzipped: int
    kind: str
    box: Box
    files: tuple[FileTile, ...] = ()


def tiles(
    sizes: Sequence[DistributionSize], kinds: Mapping[str, str], *, of_largest: int, most_files: int = 150
) -> tuple[Tile, ...]:
    """Lay distributions out, the heaviest first, on a canvas whose area is their part of `of_largest` bytes.

    Of all files the `most_files` largest get rectangles of their own, as far as there is room.
    """
    shown, kinds = _joined(sizes, kinds)
    total = sum(size.unzipped for size in shown)
    if not total:
        return ()
    scale = sqrt(min(1.0, total / of_largest)) if of_largest else 1.0
    boxes = _squares([size.unzipped for size in shown], Box(0.0, 0.0, WIDTH * scale, HEIGHT * scale))
    least = sorted((bytes_ for size in shown for _, bytes_ in size.largest), reverse=True)[:most_files]
    return tuple(
        Tile(
            name=size.name,
            version=size.version,
            unzipped=size.unzipped,
            kind=kinds.get(size.name, "same"),
            box=box,
            files=tuple(_files(size, box, least=least[-1] if least else 0)),
        )
        for size, box in zip(shown, boxes, strict=True)
    )


def _joined(
    sizes: Sequence[DistributionSize], kinds: Mapping[str, str]
) -> tuple[list[DistributionSize], Mapping[str, str]]:
    """Return the heaviest first, the smallest of very many as one."""
    ordered = sorted((size for size in sizes if size.unzipped > 0), key=lambda size: (-size.unzipped, size.name))
    shown, smaller = ordered[:_LARGEST], ordered[_LARGEST:]
    if not smaller:
        return shown, kinds
    total = sum(size.unzipped for size in smaller)
    rest = DistributionSize(name=words.counted(len(smaller), "smaller package"), version="", unzipped=total)
    return sorted([*shown, rest], key=lambda size: -size.unzipped), dict(kinds) | {rest.name: "rest"}


def inner(box: Box) -> Box | None:
    """Return the room for a distribution's files below its name; None where there is too little."""
    found = Box(box.x + _PADDING, box.y + HEADER, box.width - 2 * _PADDING - 1.5, box.height - HEADER - _PADDING - 1.5)
    return found if found.width >= _ROOM[0] and found.height >= _ROOM[1] else None


def _files(size: DistributionSize, box: Box, *, least: int) -> Iterator[FileTile]:
    """Divide a distribution's rectangle among its largest files and the sum of all others."""
    room = inner(box)
    if room is None or size.files < 2 or not size.largest:  # noqa: PLR2004 - one file is the distribution itself
        return
    pixels = room.width * room.height / size.unzipped
    chosen = [(name, found) for name, found in size.largest if found >= least and found * pixels >= _LEAST_FILE]
    if not chosen:
        return
    rest = size.unzipped - sum(found for _, found in chosen)
    parts = [FileTile(name=name, unzipped=found, box=room) for name, found in chosen]
    if rest > 0:
        name = words.counted(size.files - len(chosen), "smaller file")
        parts.append(FileTile(name=name, unzipped=rest, box=room, is_rest=True))
    parts.sort(key=lambda part: -part.unzipped)
    for part, place in zip(parts, _squares([part.unzipped for part in parts], room), strict=True):
        yield replace(part, box=place)


def _squares(sizes: Sequence[int], room: Box) -> list[Box]:
    areas = squarify.normalize_sizes(sizes, room.width, room.height)
    found = squarify.squarify(areas, room.x, room.y, room.width, room.height)
    return [Box(one["x"], one["y"], one["dx"], one["dy"]) for one in found]
