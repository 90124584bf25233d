"""A map of a layer's bytes, drawn as SVG: to be looked at, pointed at, and read out."""

from collections.abc import Collection
from typing import Final

from layer_action.report import words
from layer_action.report.escape import attribute
from layer_action.report.treemap import HEIGHT, WIDTH, Box, FileTile, Tile

_GAP: Final = 1.5
_LETTER: Final = 7.2
_SMALL_LETTER: Final = 6.2
_LINE: Final = 16.0
_PADDING: Final = 6.0
_LEAST_LETTERS: Final = 3  # two letters and an ellipsis say nothing
_NAMED: Final = 3  # largest files, in what is read out


def svg(found: Collection[Tile], *, title: str, total: int) -> str:
    """Return one map. Every distribution can be reached by keyboard, and tells its name, size and largest files."""
    right = max((tile.box.x + tile.box.width for tile in found), default=WIDTH)
    bottom = max((tile.box.y + tile.box.height for tile in found), default=HEIGHT)
    body = "".join(_distribution(tile, total) for tile in found)
    share = 100 * right / WIDTH
    return (
        f'<svg class="map" viewBox="0 0 {right:.1f} {bottom:.1f}" style="width:{share:.2f}%" role="group" '
        f'aria-label="{attribute(title)}">{body}</svg>'
    )


def _distribution(tile: Tile, total: int) -> str:
    named = f"{tile.name} {tile.version}".strip()
    told = f"{named}: {words.size(tile.unzipped)}, {_part(tile.unzipped, total)}, {tile.kind}"
    largest = [f"{file.name} {words.size(file.unzipped)}" for file in tile.files if not file.is_rest][:_NAMED]
    read_out = attribute(f"{told}; largest: {', '.join(largest)}" if largest else told)
    files = "".join(_file(file, named, total) for file in tile.files)
    return (
        f'<g class="tile {tile.kind}" tabindex="0" role="img" aria-label="{read_out}"><title>{attribute(told)}</title>'
        f"{_rectangle(tile.box, round_by=2)}{_label(tile)}{files}</g>"
    )


def _file(file: FileTile, distribution: str, total: int) -> str:
    told = attribute(f"{file.name}: {words.size(file.unzipped)}, {_part(file.unzipped, total)}; {distribution}")
    box = file.box
    name = file.name.rpartition("/")[2]
    room = int((box.width - _PADDING) / _SMALL_LETTER)
    text = ""
    if room >= min(len(name), 2 * _LEAST_LETTERS) and box.height >= _LINE:
        text = _inside(box, f'<text x="3" y="{_number(box.y + 12)}">{attribute(_short(name, room))}</text>')
    kind = "file rest" if file.is_rest else "file"
    return f'<g class="{kind}"><title>{told}</title>{_rectangle(box)}{text}</g>'


def _rectangle(box: Box, *, round_by: int = 0) -> str:
    corners = f' rx="{round_by}"' if round_by else ""
    height = _number(max(box.height - _GAP, 0.5))
    return f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_width(box)}" height="{height}"{corners}/>'


def _width(box: Box) -> str:
    return _number(max(box.width - _GAP, 0.5))


def _number(pixels: float) -> str:
    return f"{pixels:.1f}".removesuffix(".0")


def _inside(box: Box, texts: str) -> str:
    """Return texts that end where the box ends: how wide letters are depends on the reader's fonts."""
    return f'<svg x="{_number(box.x)}" width="{_width(box)}">{texts}</svg>'


def _label(tile: Tile) -> str:
    box = tile.box
    room = int((box.width - _GAP - 2 * _PADDING) / _LETTER)
    if room < _LEAST_LETTERS or box.height - _GAP < _LINE + _PADDING:
        return ""
    size = words.size(tile.unzipped)
    if tile.files:
        # the size stands beside the name: below are the files
        name = f"{tile.name}  {size}" if len(tile.name) + len(size) + 2 <= room else _short(tile.name, room)
        return _inside(box, f'<text x="{_PADDING:.0f}" y="{_number(box.y + _LINE - 2)}">{attribute(name)}</text>')
    y = box.y + _LINE
    lines = [f'<text x="{_PADDING:.0f}" y="{_number(y)}">{attribute(_short(tile.name, room))}</text>']
    if box.height - _GAP > 2 * _LINE + _PADDING and len(size) <= room:
        lines.append(f'<text class="size" x="{_PADDING:.0f}" y="{_number(y + _LINE)}">{size}</text>')
    return _inside(box, "".join(lines))


def _part(size: int, total: int) -> str:
    return f"{100 * size / total if total else 0:.1f} % of the layer"


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
