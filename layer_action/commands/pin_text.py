"""What the pull request of `pin-files` says."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from layer_action.decide.pin_files import BuiltPin, PinnedPlace
from layer_action.model.published import LayerArn
from layer_action.record import field, record

_ROOM: Final = 30_000  # characters for the table, and for the list: GitHub takes bodies of 65 536
_UNFIT: Final = re.compile(r"[`\x00-\x1f\x7f]")


@record(frozen=False)
class Pins:
    """The files that change, whole, each place in them, and what looks like a pin and is left."""

    files: dict[str, bytes] = field(default_factory=dict)
    executable: frozenset[str] = frozenset()
    places: tuple[PinnedPlace, ...] = ()
    built: tuple[BuiltPin, ...] = ()


def title(places: Sequence[PinnedPlace], environment: str) -> str:
    """Return the pull request's title."""
    layers = sorted({_split(place.after)[0].name for place in places})
    named = ", ".join(layers) if len(layers) <= 3 else f"{len(layers)} Lambda layers"  # noqa: PLR2004 - fits a title
    return f"Pin {named} to the newest version{f' ({environment})' if environment else ''}"


def body(found: Pins) -> str:
    """Return its text, below GitHub's limit."""
    rows = _fitting([_row(place) for place in found.places], "| and {} more | | | |")
    left = _fitting([f"- {_code(f'{pin.file}:{pin.line}')}: {left_alone(pin)}" for pin in found.built], "- and {} more")
    return "\n".join(
        [
            "New layer versions are published. These files still name older ones; nothing else in them changes.",
            "",
            "| file | layer | before | after |",
            "|---|---|--:|--:|",
            *rows,
            "",
            *(["These are for you to look at:", "", *left, ""] if left else []),
            "The next publication updates this pull request. Commits that somebody else pushes to its branch are kept.",
        ]
    )


def _fitting(lines: Sequence[str], more: str) -> list[str]:
    """Return the first lines, as many as there is room for, and a line that counts the others."""
    ends = accumulate(len(line) + 1 for line in lines)
    kept = [line for line, end in zip(lines, ends, strict=True) if end <= _ROOM]
    return kept if len(kept) == len(lines) else [*kept, more.format(len(lines) - len(kept))]


def _row(place: PinnedPlace) -> str:
    (layer, after), (_, before) = _split(place.after), _split(place.before)
    return f"| {_code(f'{place.file}:{place.line}')} | {layer.name} ({layer.region}) | {before} | {after} |"


def left_alone(pin: BuiltPin) -> str:
    """Return why a pin is left as it is."""
    return (
        f"`layer:{pin.layer_name}:{pin.number}` is not the newest version, and stays as it is: "
        "its ARN is put together, so the file does not say of which account and region it is."
    )


def _code(name: str) -> str:
    """Return a file's name as code in a table. git lets a name hold anything."""
    return "`" + _UNFIT.sub("?", name).replace("|", "\\|") + "`"


def _split(version_arn: str) -> tuple[LayerArn, int]:
    split = LayerArn.of_version(version_arn)
    if split is None:
        raise ValueError(version_arn)
    return split
