"""What the plans are made of: two layers, their functions, a finding and a failure."""

from collections.abc import Iterable

from layer_action.errors import Location, ResolutionError
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, DistributionSize, Finding, LayerSize, Severity
from layer_action.model.lock import DistributionChange, LockedDistribution
from layer_action.model.plan import (
    HeldFunction,
    LayerOperation,
    PublishLayer,
    RepointFunction,
    SkippedFunction,
)
from tests.factories import (
    REGION,
    make_content,
    make_distribution,
    make_function,
    make_layer_version,
    make_lock,
    make_move,
    make_publication,
    make_reason,
    make_repoint,
    make_spec,
    make_unchanged,
)

REQUESTS = Location("layers/http/requirements.txt", 3)


def change(name: str, before: str | None, after: str | None, *required_by: str) -> DistributionChange:
    """Return a change; direct unless somebody requires it."""
    return DistributionChange(
        name=name, before=before, after=after, direct=not required_by, required_by=tuple(sorted(required_by))
    )


def sized(name: str, version: str, unzipped: int, license: str = "MIT", changelog: str = "") -> DistributionSize:  # noqa: A002
    return DistributionSize(name=name, version=version, unzipped=unzipped, license=license, changelog=changelog)


def layer_size(zipped: int, *distributions: DistributionSize, exact: bool = True) -> LayerSize:
    heaviest = sorted(distributions, key=lambda distribution: -distribution.unzipped)
    total = sum(distribution.unzipped for distribution in distributions)
    return LayerSize(zipped=zipped, unzipped=total, distributions=tuple(heaviest), exact=exact)


def locked(sizes: LayerSize, *direct: str) -> Iterable[LockedDistribution]:
    for size in sizes.distributions:
        named = size.name in direct
        yield make_distribution(
            size.name, size.version, direct=named, required_by=() if named else tuple(sorted(direct)[:1])
        )


HTTP_BEFORE = layer_size(
    1_000_000,
    sized("requests", "2.31.0", 208_000, "Apache-2.0"),
    sized("urllib3", "2.0.7", 400_000),
    sized("certifi", "2026.4.1", 300_000, "MPL-2.0"),
    sized("idna", "3.10", 2_192_000, "BSD-3-Clause"),
)
HTTP_AFTER = layer_size(
    1_100_000,
    sized("requests", "2.34.2", 308_000, "Apache-2.0", "https://requests.example/changes"),
    sized("urllib3", "2.8.0", 600_000, "MIT", "https://urllib3.example/changelog.html"),
    sized("certifi", "2026.4.1", 300_000, "MPL-2.0"),
    sized("idna", "3.10", 2_192_000, "BSD-3-Clause"),
)
DATA_BEFORE = layer_size(
    51_800_000,
    sized("pandas", "2.2.3", 88_400_000, "BSD-3-Clause"),
    sized("numpy", "1.26.4", 68_000_000, "BSD-3-Clause"),
    sized("botocore", "1.40.0", 22_500_000, "Apache-2.0"),
    sized("pyarrow", "18.0.0", 23_200_000, "Apache-2.0"),
    sized("six", "1.16.0", 500_000),
)
DATA_AFTER = layer_size(
    61_000_000,
    sized("pandas", "3.0.1", 118_500_000, "BSD-3-Clause", "https://pandas.example/whatsnew"),
    sized("numpy", "2.4.0", 75_600_000, "BSD-3-Clause"),
    sized("botocore", "1.40.0", 22_500_000, "Apache-2.0"),
    sized("pyarrow", "18.0.0", 23_200_000, "Apache-2.0"),
    sized("tzdata", "2026.1", 1_500_000, "Apache-2.0"),
)


def http_publication(region: str = REGION, **overrides: object) -> PublishLayer:
    spec = make_spec()
    values: dict[str, object] = {
        "region": region,
        "previous": make_layer_version("http", 14, "1.4.2", region=region),
        "reason": make_reason("requests 2.31.0 → 2.34.2", location=REQUESTS),
        "changes": (change("requests", "2.31.0", "2.34.2"), change("urllib3", "2.0.7", "2.8.0", "requests")),
        "size": HTTP_AFTER,
        "before": HTTP_BEFORE,
    }
    content = make_content(spec, seed="http", lock=make_lock(locked(HTTP_AFTER, "requests")))
    return make_publication(content, "1.5.0", **(values | overrides))


def data_publication(region: str = REGION, **overrides: object) -> PublishLayer:
    spec = make_spec("data")
    values: dict[str, object] = {
        "region": region,
        "bump": Bump.MAJOR,
        "previous": make_layer_version("data", 9, "2.0.1", region=region),
        "reason": make_reason("pandas 2.2.3 → 3.0.1", location=Location("layers/data/uv.lock")),
        "changes": (
            change("numpy", "1.26.4", "2.4.0", "pandas"),
            change("pandas", "2.2.3", "3.0.1"),
            change("six", "1.16.0", None, "python-dateutil"),
            change("tzdata", None, "2026.1", "pandas"),
        ),
        "size": DATA_AFTER,
        "before": DATA_BEFORE,
    }
    content = make_content(spec, seed="data", lock=make_lock(locked(DATA_AFTER, "pandas", "pyarrow")))
    return make_publication(content, "3.0.0", **(values | overrides))


def over_budget() -> Finding:
    return Finding(
        severity=Severity.ERROR,
        check="function-too-large",
        message=(
            "`report-builder` would be 268.9 MB; the limit is 262.1 MB. "
            "Code 27.6 + data 241.3 (largest growth: pandas +30.1). AWS would refuse it."
        ),
        ways_out=(
            "`provided: [boto3, botocore]` in `data` saves 22.5 MB",
            "keep pandas < 3",
            "tag the function `layer:data=2.x`",
        ),
        layer="data",
    )


def not_found(file: str = "layers/data/requirements.txt", line: int = 2) -> ResolutionError:
    return ResolutionError(
        "No set of wheels fits python3.12 on arm64.\n"
        "  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:\n"
        "  ╰─▶ Because pandas==9.9 was not found in the package registry and you require\n"
        "      pandas==9.9, we can conclude that your requirements are unsatisfiable.",
        hint="Ask for a version that exists.",
        location=Location(file, line),
    )


def unchanged(*names: str) -> list[LayerOperation]:
    return [make_unchanged(make_spec(name)) for name in names]


OTHERS = ("common", "auth", "billing", "images", "ml", "pdf", "queue", "search", "sms", "tracing")


def repoint(name: str, *layers: str, region: str = REGION, unzipped: int | Unknown = 31_000_000) -> RepointFunction:
    planned = {
        "http": make_move("http", before=14, version="1.5.0", region=region),
        "data": make_move("data", before=9, version="3.0.0", region=region),
    }
    arns = [planned[layer].before for layer in layers]
    function = make_function(name, arns, region=region)
    return make_repoint(function, *(planned[layer] for layer in layers), unzipped=unzipped)


def stays() -> list[HeldFunction | SkippedFunction]:
    by_stack = "It belongs to the CloudFormation stack `shop-prod`."
    ways_out = ("set `managed-functions: move`", "read the ARN from the SSM parameter")
    return [
        HeldFunction(function=make_function("ledger"), layer="http", reason="tag `layer:http` says `1.4.x`"),
        HeldFunction(function=make_function("payout"), layer="data", reason="tag `layer:data` says `hold`"),
        SkippedFunction(function=make_function("orders"), layer="http", reason=by_stack, ways_out=ways_out),
        SkippedFunction(function=make_function("invoices"), layer="http", reason=by_stack, ways_out=ways_out),
        SkippedFunction(function=make_function("resize"), layer="http", reason="it runs on x86_64, the layer on arm64"),
    ]
