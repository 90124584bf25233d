"""The two maps of a layer in the HTML report: what it holds before and after, drawn on one scale."""

from typing import Final

from layer_action.model.layer import DistributionSize, LayerSize
from layer_action.report import treemap, words
from layer_action.report.escape import attribute
from layer_action.report.packages import LayerDetails
from layer_action.report.treemap_svg import svg

_KINDS: Final = ("same", "changed", "added", "removed")
_OTHERS: Final = "other files"  # no distribution's name holds a space
_WORTH_A_TILE: Final = 200  # how often other files may go into the layer, at most
_NOTHING: Final = LayerSize(zipped=0, unzipped=0)


def maps(detail: LayerDetails, *, most_files: int) -> str:
    """Map the first artifact: the others hold the same packages, built for another target.

    Each map tells at most `most_files` files by themselves.
    """
    operation = detail.operations[0]
    several = len({other.content.layer_name for other in detail.operations}) > 1
    target = f" for {words.targets(operation.content.targets)}" if several else ""
    after = operation.size if isinstance(operation.size, LayerSize) else _NOTHING
    before = operation.before if isinstance(operation.before, LayerSize) else _NOTHING
    largest = max(sum(part.unzipped for part in _parts(size)) for size in (after, before))
    now = {c.name: "changed" if c.before else "added" for c in operation.known_changes if c.after}
    then = {c.name: "changed" if c.after else "removed" for c in operation.known_changes if c.before}
    figures = []
    for label, size, kinds in ((f"before{target}", before, then), (f"after{target}", after, now)):
        found = treemap.tiles(_parts(size), kinds | {_OTHERS: "rest"}, of_largest=largest, most_files=most_files)
        figures.append(_figure(label, size, found))
    legend = "".join(f'<span class="key {kind}">{kind}</span>' for kind in _KINDS)
    told = f'<p class="told" aria-live="polite">{legend}</p>'
    return f'<div class="maps">{"".join(figures)}</div>{told}' if any(figures) else ""


def _parts(size: LayerSize) -> tuple[DistributionSize, ...]:
    """Return the distributions, and what belongs to none of them if it counts: own files, as a rule."""
    others = size.unzipped - sum(part.unzipped for part in size.distributions)
    if not size.distributions or others * _WORTH_A_TILE <= size.unzipped:
        return size.distributions
    return (*size.distributions, DistributionSize(name=_OTHERS, version="", unzipped=others))


def _figure(label: str, size: LayerSize, found: tuple[treemap.Tile, ...]) -> str:
    if not found:
        return ""
    least = "" if size.exact else "at least "
    title = attribute(f"{label}: {least}{words.size(size.unzipped)} unzipped")
    return f"<figure><figcaption>{title}</figcaption>{svg(found, title=title, total=size.unzipped)}</figure>"
