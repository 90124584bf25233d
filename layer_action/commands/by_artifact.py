"""Findings of several zips of one layer, told as one where they differ in nothing but the zip and its sizes."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from layer_action.commands.by_target import named
from layer_action.model.layer import Finding, LayerContent
from layer_action.record import replace

Found: TypeAlias = tuple[LayerContent, Finding]
"""A finding, and the zip that it is about."""

_SIZE: Final = re.compile(r"(?:at least )?(?P<number>\d[\d.\xa0]*) (?P<unit>[kM]B|bytes)(?P<of> unzipped)?")
_UNITS: Final = {"bytes": 1, "kB": 1_000, "MB": 1_000_000}


def told_once(found: Iterable[Found]) -> list[Finding]:
    """Return all findings in their order: of those that are alike one, with the zips that it is about."""
    alike: dict[tuple[object, ...], list[Found]] = {}
    told: Counter[tuple[object, ...]] = Counter()
    for content, finding in found:
        headline = _headline(content, finding)
        key = (finding.severity, finding.check, finding.layer, finding.location, finding.distribution, _frame(headline))
        told[content.layer_name, key] += 1  # the second of one zip is about something else than the first
        alike.setdefault((*key, told[content.layer_name, key]), []).append((content, finding))
    return [_merged(group) for group in alike.values()]


def _merged(group: Sequence[Found]) -> Finding:
    """Return the finding of the largest zip, with the sizes of all in its first sentence."""
    content, largest = max(group, key=lambda found: _most(_headline(*found)))
    if all(finding == largest for _, finding in group):
        return largest
    headline, rest = _headline(content, largest), _rest(largest)
    sizes: dict[str, list[LayerContent]] = {}
    for other, finding in group:
        size = _SIZE.search(_headline(other, finding))
        sizes.setdefault(size[0] if size else "", []).append(other)
    if rest and any(_frame(_rest(finding)) != _frame(rest) for _, finding in group):
        rest = f"For {_targets([content])}: {rest}"
    return replace(largest, message=f"{_listing(headline, sizes)}{rest and ' '}{rest}")


def _listing(headline: str, sizes: dict[str, list[LayerContent]]) -> str:
    """Return the first sentence with each size and the zips that have it."""
    slot = _SIZE.search(headline)
    if slot is None:
        (contents,) = sizes.values()
        return f"{headline.removesuffix('.')} for {_targets(contents)}."
    of = slot["of"] or ""
    parts = [
        f"{size.removesuffix(of) if at else size} for {_targets(contents)}{' each' if len(contents) > 1 else ''}"
        for at, (size, contents) in enumerate(sizes.items())
    ]
    return headline[: slot.start()] + ", ".join(parts) + headline[slot.end() :]


def _targets(contents: Iterable[LayerContent]) -> str:
    return named(target for content in contents for target in content.targets)


def _headline(content: LayerContent, finding: Finding) -> str:
    """Return the first sentence without the zip that it is about."""
    return finding.message.removesuffix(_rest(finding)).rstrip().replace(content.which, "", 1)


def _rest(finding: Finding) -> str:
    return finding.message.partition(". ")[2]


def _frame(text: str) -> str:
    return _SIZE.sub("#", text)


def _most(text: str) -> float:
    size = _SIZE.search(text)
    return float(size["number"].replace("\xa0", "")) * _UNITS[size["unit"]] if size else 0.0
