"""Sizes, counts and lists as reports write them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Final

from layer_action.model.function import Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, LayerSize
from layer_action.model.sizes import size_in_words
from layer_action.model.target import Target

DASH: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"
ARROW: Final = "→"
UNKNOWN: Final = "?"
_NAMED_REGIONS: Final = 2


def size(count: int) -> str:
    """Return bytes as `61.0 MB` (10^6), small ones as `12 kB`."""
    return size_in_words(count)


def growth(count: int) -> str:
    """Return a difference in bytes with its sign, `+9.2 MB`; "" for none."""
    if not count:
        return ""
    return ("+" if count > 0 else MINUS) + size(abs(count))


def step(after: LayerSize | Unknown, before: LayerSize | Unknown, *, of: Callable[[LayerSize], int]) -> str:
    """Return `61.0 MB (+9.2)`: the size that `of` picks and how it moved; "?" where unknown."""
    if isinstance(after, Unknown):
        return UNKNOWN
    count = of(after)
    text = size(count) if after.exact else f"at least {size(count)}"
    if isinstance(before, Unknown) or not before.exact or not after.exact:
        return text
    moved = growth(count - of(before))
    # The unit is said once when both have the same.
    unit = size(count)[-3:]
    return f"{text} ({moved.removesuffix(unit)})" if moved else text


def share(after: LayerSize | Unknown) -> str:
    """Return the part of Lambda's limit that the unzipped layer takes, `92 %`."""
    if isinstance(after, Unknown):
        return UNKNOWN
    percent = 100 * after.unzipped / UNZIPPED_LIMIT
    least = "" if after.exact else "at least "
    if percent < 1:
        return "< 1 %" if after.exact else UNKNOWN
    # 99.7 % still fits and 100.2 % does not: rounding must not say otherwise.
    rounded = min(round(percent), 99) if after.unzipped < UNZIPPED_LIMIT else max(round(percent), 100)
    return f"{least}{rounded} %"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return `1 layer`, `2 layers`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Iterable[str], *, limit: int = 6) -> str:
    """Return `a, b, c and 4 more`."""
    found = list(names)
    if len(found) <= limit + 1:
        return ", ".join(found)
    return f"{', '.join(found[:limit])} and {len(found) - limit} more"


def sentence(text: str) -> str:
    """Return a text with a full stop, where it ends with nothing like it."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def alternatives(sentences: Sequence[str]) -> str:
    """Return ways out on one line, `a · b`; what stands between several ends each."""
    if len(sentences) == 1:
        return sentences[0]
    return " · ".join(sentence.removesuffix(".") for sentence in sentences)


def targets(found: Sequence[Target]) -> str:
    """Return `3.12 arm64, x86_64` or `3.11, 3.12 arm64`: what is the same is said once."""
    by_architecture: dict[tuple[str, ...], list[str]] = {}
    for python, same in groupby(found, key=lambda target: target.python):
        by_architecture.setdefault(tuple(str(target.architecture) for target in same), []).append(python)
    return "; ".join(f"{', '.join(pythons)} {', '.join(machines)}" for machines, pythons in by_architecture.items())


def region_phrase(regions: Iterable[str], everywhere: Collection[str]) -> str:
    """Return where a row applies: "" when the report speaks of no other region, or of none (no AWS)."""
    named = sorted({region for region in regions if region})
    if not named or named == sorted(everywhere):
        return f"in {len(named)} regions" if len(named) > 1 else ""
    return f"in {' and '.join(named)}" if len(named) <= _NAMED_REGIONS else f"in {len(named)} regions"
