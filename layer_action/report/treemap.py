"""Where a layer's bytes are: one rectangle a distribution, its area its unzipped size, as SVG."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import squarify

from layer_action.model.layer import DistributionSize
from layer_action.report import words
from layer_action.report.escape import attribute

WIDTH: Final = 560.0
HEIGHT: Final = 360.0
# Rectangles below a few pixels say nothing; the layout is recursive, too.
_LARGEST: Final = 120
_GAP: Final = 1.5
_LETTER: Final = 7.2
_LINE: Final = 16.0
_PADDING: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One rectangle. `kind` is same, changed, added, removed or rest: the style of it."""

    name: str
    version: str
    unzipped: int
    kind: str
    x: float
    y: float
    width: float
    height: float


def tiles(sizes: Sequence[DistributionSize], kinds: Mapping[str, str], *, of_largest: int) -> tuple[Tile, ...]:
    """Lay distributions out, the heaviest first, on a canvas whose area is their part of `of_largest` bytes."""
    ordered = sorted((size for size in sizes if size.unzipped > 0), key=lambda size: (-size.unzipped, size.name))
    shown = ordered[:_LARGEST]
    if smaller := ordered[_LARGEST:]:
        rest = DistributionSize(
            name=words.counted(len(smaller), "smaller package"),
            version="",
            unzipped=sum(size.unzipped for size in smaller),
        )
        shown = sorted([*shown, rest], key=lambda size: -size.unzipped)
        kinds = dict(kinds) | {rest.name: "rest"}
    total = sum(size.unzipped for size in shown)
    if not total:
        return ()
    scale = sqrt(min(1.0, total / of_largest)) if of_largest else 1.0
    width, height = WIDTH * scale, HEIGHT * scale
    areas = squarify.normalize_sizes([size.unzipped for size in shown], width, height)
    boxes = squarify.squarify(areas, 0.0, 0.0, width, height)
    return tuple(
        Tile(
            name=size.name,
            version=size.version,
            unzipped=size.unzipped,
            kind=kinds.get(size.name, "same"),
            x=box["x"],
            y=box["y"],
            width=box["dx"],
            height=box["dy"],
        )
        for size, box in zip(shown, boxes, strict=True)
    )


def svg(found: Collection[Tile], *, title: str, total: int) -> str:
    """Return one map. Every tile can be reached by keyboard and tells its name, version, size and part of the layer."""
    right = max((tile.x + tile.width for tile in found), default=WIDTH)
    bottom = max((tile.y + tile.height for tile in found), default=HEIGHT)
    body = "".join(_rectangle(tile, total) for tile in found)
    share = 100 * right / WIDTH
    return (
        f'<svg class="map" viewBox="0 0 {right:.1f} {bottom:.1f}" style="width:{share:.2f}%" role="group" '
        f'aria-label="{attribute(title)}">{body}</svg>'
    )


def _rectangle(tile: Tile, total: int) -> str:
    part = 100 * tile.unzipped / total if total else 0
    told = attribute(f"{tile.name} {tile.version}: {words.size(tile.unzipped)}, {part:.1f} % of the layer, {tile.kind}")
    width, height = max(tile.width - _GAP, 0.5), max(tile.height - _GAP, 0.5)
    box = f'<rect x="{tile.x:.1f}" y="{tile.y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2"/>'
    label = _label(tile, width, height)
    return (
        f'<g class="tile {tile.kind}" tabindex="0" role="img" aria-label="{told}"><title>{told}</title>{box}{label}</g>'
    )


def _label(tile: Tile, width: float, height: float) -> str:
    room = int((width - 2 * _PADDING) / _LETTER)
    if room < 3 or height < _LINE + _PADDING:  # noqa: PLR2004 - two letters and an ellipsis say nothing
        return ""
    x, y = tile.x + _PADDING, tile.y + _LINE
    lines = [f'<text x="{x:.1f}" y="{y:.1f}">{attribute(_short(tile.name, room))}</text>']
    size = words.size(tile.unzipped)
    if height > 2 * _LINE + _PADDING and len(size) <= room:
        lines.append(f'<text class="size" x="{x:.1f}" y="{y + _LINE:.1f}">{size}</text>')
    return "".join(lines)


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
