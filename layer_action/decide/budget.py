"""A layer's size against its own budget and Lambda's limit."""

from collections.abc import Iterable
from typing import Final

from layer_action.decide.diff import listed
from layer_action.model.function import Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, DistributionSize, Finding, LayerContent, LayerSize, Severity

_MEGABYTE: Final = 1_000_000
_HEAVIEST: Final = 10
# What the runtimes bring along: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_IN_THE_RUNTIME: Final = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")


def budget_findings(
    content: LayerContent, size: LayerSize | Unknown, before: LayerSize | Unknown
) -> tuple[Finding, ...]:
    """Return the error for a layer that is too large, with its heaviest distributions and the ways out.

    Lambda wants strictly less than 262 144 000 bytes unzipped; a budget may be met exactly.
    """
    if isinstance(size, Unknown):
        return ()
    budget = content.spec.budget
    if size.unzipped >= UNZIPPED_LIMIT:
        limit, check, of = UNZIPPED_LIMIT, "layer-too-large", "Lambda's limit"
    elif budget is not None and size.unzipped > budget:
        limit, check, of = budget, "over-budget", "its budget"
    else:
        return ()
    least = "" if size.exact else "at least "
    heaviest = ", ".join(f"{part.name} {_megabytes(part.unzipped)}" for part in size.distributions[:_HEAVIEST])
    grew = growth(size, before)
    return (
        Finding(
            severity=Severity.ERROR,
            check=check,
            message=(
                f"The layer `{content.spec.name}` would be {least}{_megabytes(size.unzipped)} unzipped; "
                f"{of} is {_megabytes(limit)}."
                + (f" Heaviest: {heaviest}." if heaviest else "")
                + (f" What grew: {grew}." if grew else "")
            ),
            ways_out=tuple(_ways_out(content, size, over_budget=limit is budget)),
            location=content.spec.location("budget"),
            layer=content.spec.name,
        ),
    )


def growth(size: LayerSize | Unknown, before: LayerSize | Unknown) -> str:
    """Return what made a layer larger, the most first: `pandas +30.1 MB and numpy +2.0 MB`; "" if that is unknown."""
    if isinstance(size, Unknown) or isinstance(before, Unknown) or not before.distributions:
        return ""
    old = {part.name: part.unzipped for part in before.distributions}
    gains = [(part.unzipped - old.get(part.name, 0), part.name) for part in size.distributions]
    large = sorted((gain for gain in gains if gain[0] >= _MEGABYTE // 10), key=lambda gain: (-gain[0], gain[1]))
    return listed(f"{name} +{_megabytes(gain)}" for gain, name in large)


def _ways_out(content: LayerContent, size: LayerSize, *, over_budget: bool) -> Iterable[str]:
    spec = content.spec
    bundled = [part for part in size.distributions if part.name in _IN_THE_RUNTIME]
    if any(part.name == "botocore" for part in bundled):
        names = ", ".join(part.name for part in bundled if part.name in {"boto3", "botocore"})
        saved = sum(part.unzipped for part in bundled if part.name in {"boto3", "botocore"})
        yield f"`provided: [{names}]` in `{spec.name}` saves {_megabytes(saved)}: the runtime has them."
    if "tests" not in spec.exclude:
        yield f"`exclude: [tests]` in `{spec.name}` leaves out what only a package's own tests need."
    for part in _largest_roots(content, size):
        yield f"Without {part.name} it would be {_megabytes(part.unzipped)} less: move it to a layer of its own."
    if over_budget:
        yield f"Raise `budget:` in `{spec.name}`, up to Lambda's 250 MiB."


def _largest_roots(content: LayerContent, size: LayerSize) -> list[DistributionSize]:
    direct = {found.name for found in content.lock.distributions if found.direct}
    return [part for part in size.distributions if part.name in direct][:1]


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB"
