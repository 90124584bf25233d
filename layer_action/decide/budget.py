"""A layer's size against its own budget and Lambda's limit, and what it means where nobody knows the size."""

from typing import Final

from layer_action.model.function import Unknown
from layer_action.model.layer import DIRECT_LIMIT, UNZIPPED_LIMIT, Finding, LayerContent, LayerSize, Severity
from layer_action.model.listing import listed
from layer_action.model.plan import PublishLayer
from layer_action.model.sizes import beside_limit, size_in_words
from layer_action.model.ways_out import ways_out

SIZE_UNKNOWN: Final = "size-unknown"
_LEAST_GAIN: Final = 100_000  # bytes
_HEAVIEST: Final = 10


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
    heaviest = ", ".join(f"{part.name} {size_in_words(part.unzipped)}" for part in size.distributions[:_HEAVIEST])
    grew = growth(size, before)
    unzipped, most = beside_limit(size.unzipped, limit)
    return (
        Finding(
            severity=Severity.ERROR,
            check=check,
            message=(
                f"The layer `{content.spec.name}`{content.which} would be {least}{unzipped} "
                f"unzipped; {of} is {most}."
                + (f" Heaviest: {heaviest}." if heaviest else "")
                + (f" What grew: {grew}." if grew else "")
            ),
            ways_out=ways_out(content, size),
            location=content.spec.location("budget"),
            layer=content.spec.name,
        ),
    )


def upload_findings(operation: PublishLayer) -> tuple[Finding, ...]:
    """Return the error for a zip that AWS takes only from a bucket, where the config names none."""
    size, spec, which = operation.size, operation.spec, operation.content.which
    if isinstance(size, Unknown) or size.zipped < DIRECT_LIMIT or spec.publication.s3_bucket or not operation.region:
        return ()
    least = "" if size.exact else "at least "
    zipped, most = beside_limit(size.zipped, DIRECT_LIMIT)
    return (
        Finding(
            severity=Severity.ERROR,
            check="needs-a-bucket",
            message=(
                f"The layer `{spec.name}`{which} would be a zip of {least}{zipped}; "
                f"without a bucket AWS takes less than {most}."
            ),
            ways_out=(f"Name a bucket in each region: `s3-bucket: my-zips-{{region}}` in `{spec.name}`.",),
            location=spec.location(),
            layer=spec.name,
        ),
    )


def unmeasured_findings(operation: PublishLayer) -> tuple[Finding, ...]:
    """Warn of a layer of which something could not be read: who may not see it, and who has lost it, looks the same."""
    size, spec = operation.size, operation.spec
    if not isinstance(size, Unknown):
        return ()
    return (
        Finding(
            severity=Severity.WARNING,
            check=SIZE_UNKNOWN,
            message=(
                f"The layer `{spec.name}`{operation.content.which} could not be measured, as "
                f"{size.reason.removesuffix('.')}. While that stays so, it cannot be built either."
            ),
            ways_out=(
                "Let this job reach the file, with a login where the index wants one.",
                "Lock another version, if the file is gone for good.",
            ),
            location=spec.location("requirements"),
            layer=spec.name,
        ),
    )


def growth(size: LayerSize | Unknown, before: LayerSize | Unknown) -> str:
    """Return what made a layer larger, the most first: `pandas +30.1 MB and numpy +2.0 MB`; "" if that is unknown."""
    if isinstance(size, Unknown) or isinstance(before, Unknown) or not before.distributions:
        return ""
    old = {part.name: part.unzipped for part in before.distributions}
    gains = [(part.unzipped - old.get(part.name, 0), part.name) for part in size.distributions]
    large = sorted((gain for gain in gains if gain[0] >= _LEAST_GAIN), key=lambda gain: (-gain[0], gain[1]))
    return listed(f"{name} +{size_in_words(gain)}" for gain, name in large)
