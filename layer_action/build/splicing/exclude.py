"""What the config's `exclude` leaves out of a layer: globs on paths, and four presets."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from layer_action.build.wheels.placement import Placement
from layer_action.model.exclusions import PRESETS, meaning
from layer_action.model.layer import Finding, Severity
from layer_action.model.sizes import size_in_words

_ROOT: Final = "python/"
_FOLDERS: Final = re.compile(r"(?:^|(?<=/))\*\*/")
_WORTH_TELLING: Final = 50_000  # bytes


def excluder(patterns: Sequence[str]) -> Callable[[str], bool] | None:
    """Return whether a path relative to `python/` is left out; None when nothing ever is."""
    if not patterns:
        return None
    matches = re.compile("|".join(_expression(pattern) for pattern in patterns)).fullmatch
    return lambda path: matches(path) is not None


def savings(
    patterns: Sequence[str], left: Iterable[tuple[str, int]], *, layer: str, artifact: str = ""
) -> list[Finding]:
    """Say of each pattern what it left out, given paths with sizes: one that two patterns match counts for the first.

    `artifact` tells apart the several zips of one layer, such as ` for 3.12 arm64`.
    """
    matchers = [re.compile(_expression(pattern)).fullmatch for pattern in patterns]
    hits, bytes_left_out = [0] * len(patterns), [0] * len(patterns)
    for path, size in left:
        first = next(number for number, matches in enumerate(matchers) if matches(path))
        hits[first] += 1
        bytes_left_out[first] += size
    findings = []
    for pattern, hit, saved in zip(patterns, hits, bytes_left_out, strict=True):
        check, message = "exclude-matches-nothing", f"exclude {pattern} matches no file of the layer{artifact}."
        if hit:
            files = f"{hit} file{'s' if hit > 1 else ''}"
            check, message = "excluded", f"exclude {pattern}{artifact}: {files}, {size_in_words(saved)} unzipped"
        findings.append(Finding(severity=Severity.NOTICE, layer=layer, check=check, message=message))
    return findings


def would_save(used: Sequence[str], placements: Sequence[Placement]) -> tuple[tuple[str, int], ...]:
    """Return presets that are not used yet, each with the unzipped bytes that it would leave out, the most first."""
    found = []
    for preset in PRESETS:
        matches = None if preset in used else excluder([preset])
        if matches:
            saved = sum(size for each in placements for path, size in each.files.sizes() if matches(path))
            found.append((preset, saved))
    return tuple(sorted((one for one in found if one[1] >= _WORTH_TELLING), key=lambda one: -one[1]))


def _expression(pattern: str) -> str:
    """Translate a preset or a glob: `*` and `?` also match "/", `**/` also no folder; a folder means all below it."""
    if expressions := meaning(pattern):
        return "|".join(expressions)
    glob = pattern.removeprefix(_ROOT).strip("/")
    translated = (re.sub(r"\\[zZ]$", "", fnmatch.translate(part)) for part in _FOLDERS.split(glob))
    return f"{'(?:.*/)?'.join(translated)}(?:/.*)?"
