"""Plans as teams meet them, for golden files and for looking at."""

from typing import TYPE_CHECKING

from semver import Version

from layer_action.decide.plan import size_findings
from layer_action.errors import AccessDeniedError, ConfigError, Location, PartialApplyError, Problems, ResolutionError
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, Finding, Severity
from layer_action.model.plan import (
    FailedLayer,
    FunctionFailure,
    HeldFunction,
    LayerOperation,
    NoLongerDeclared,
    Outcome,
    Plan,
    PublishLayer,
    Reason,
    SkippedFunction,
    Superseded,
)
from layer_action.record import replace
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    make_content,
    make_function,
    make_layer_version,
    make_lock,
    make_move,
    make_plan,
    make_publication,
    make_reason,
    make_repoint,
    make_spec,
    make_unchanged,
)
from tests.report.parts import (
    HTTP_AFTER,
    OTHERS,
    REQUESTS,
    change,
    data_publication,
    http_publication,
    layer_size,
    locked,
    not_found,
    over_budget,
    repoint,
    sized,
    stays,
    unchanged,
)

if TYPE_CHECKING:
    from layer_action.model.published import LayerVersion


def two_layers() -> Plan:
    """The example of the design: two of twelve change, one makes a function too large."""
    functions = [repoint(f"checkout-{number:02}", "http") for number in range(1, 4)]
    functions += [repoint("report-nightly", "http", "data", unzipped=249_700_000)]
    functions += [repoint("report-hourly", "data", unzipped=Unknown(reason="no lambda:GetFunction"))]
    return make_plan(
        [http_publication(), data_publication(), *unchanged(*OTHERS)], [*functions, *stays()], findings=(over_budget(),)
    )


def aliases() -> Plan:
    """One alias follows, two cannot; no layer changes."""
    move = replace(make_move("http", before=15, version="1.5.0", to=15), alias="live")
    function = make_function("checkout-01", [move.before])
    lags = [
        Finding(
            severity=Severity.NOTICE,
            check="alias-lags",
            message=f"Alias live of {name} lags behind http 1.5.0: {reason}.",
            ways_out=("It follows with the next deployment of the function's code.",),
            layer="http",
        )
        for name, reason in (
            ("report", "it splits traffic between two versions"),
            ("search", "its code is not that of $LATEST, which would be released with the layers"),
        )
    ]
    return make_plan(unchanged("http"), [make_repoint(function, move)], findings=tuple(lags))


def nothing_changes() -> Plan:
    return make_plan(unchanged("http", "data", "common"))


def first_publication() -> Plan:
    changes = tuple(
        change(size.name, None, size.version, *(() if size.name == "requests" else ("requests",)))
        for size in sorted(HTTP_AFTER.distributions, key=lambda size: size.name)
    )
    nothing = Unknown(reason="there is no version yet")
    first = http_publication(
        previous=None, bump=Bump.NONE, changes=changes, before=nothing, reason=make_reason("first publication")
    )
    return make_plan([_with_version(first, "1.0.0"), *unchanged("data")])


def adoption() -> Plan:
    adopted = http_publication(
        previous=None, bump=Bump.NONE, reason=make_reason("the newest version was not written by this action")
    )
    finding = Finding(
        severity=Severity.NOTICE,
        check="adoption",
        message="`http:14` is adopted. Its description is not one of ours, so versions start at 1.0.0.",
        layer="http",
    )
    return make_plan([_with_version(adopted, "1.0.0")], findings=(finding,))


def layer_removed() -> Plan:
    gone = NoLongerDeclared(
        name="legacy",
        layer_name="legacy",
        region=REGION,
        reason=make_reason("no longer in the config; its versions stay, and so do the functions on them"),
    )
    return make_plan([*unchanged("http"), gone])


def superseded() -> Plan:
    newer = Superseded(
        spec=make_spec(),
        layer_name="http",
        region=REGION,
        current=make_layer_version("http", 15, "1.6.0", commit="f" * 12),
        reason=make_reason("http:15 (1.6.0) was published from ffffffffffff, which this commit does not contain"),
    )
    return make_plan([newer, *unchanged("data")])


def failure() -> Plan:
    return make_plan([http_publication(), FailedLayer(spec=make_spec("data"), error=not_found()), *unchanged("common")])


def several_failures() -> Plan:
    """One layer with one problem, one with two."""
    typo = ConfigError(
        "`requests=>2` is not a requirement.",
        hint="Write `requests>=2`.",
        location=Location("layers/http/requirements.txt", 1),
    )
    failed = [
        FailedLayer(spec=make_spec("data"), error=not_found()),
        FailedLayer(spec=make_spec("http"), error=Problems([typo, not_found("layers/http/requirements.txt", 7)])),
    ]
    return make_plan([*failed, *unchanged("common")])


def without_aws() -> Plan:
    """Head against base: nobody knows versions or functions."""
    operation = http_publication(region="", previous=None)
    offline = [make_unchanged(make_spec(name), region="", current=None) for name in ("data", "common")]
    return make_plan([operation, *offline], compared_with="the commit `0123456789ab` (merge base with `main`)")


def unknown_base() -> Plan:
    """Without AWS, and with a submodule of which the base's commit is not here."""
    why = Unknown(reason="the submodule libs is checked out without its commit 96b23da9d9d3: check out with more depth")
    reason = make_reason(f"what the base commit 0123456789ab holds is unknown: {why.reason}", location=REQUESTS)
    nothing = Unknown(reason="there is no version before")
    operation = http_publication(region="", previous=None, changes=why, before=nothing, bump=Bump.NONE, reason=reason)
    return make_plan([operation], compared_with="the base commit 0123456789ab (no AWS: there is no AWS region)")


def three_regions() -> Plan:
    """Two targets with an artifact each, in three regions, one of them behind."""
    operations: list[LayerOperation] = []
    for target in (ARM_312, X86_312):
        spec = make_spec(layer_name="shop-http-{architecture}", targets=(ARM_312, X86_312))
        name = f"shop-http-{target.architecture}"
        for region in ("eu-central-1", "eu-west-1", "us-east-1"):
            number, version = (13, "1.4.1") if (region, target) == ("us-east-1", X86_312) else (14, "1.4.2")
            content = make_content(
                spec, layer_name=name, targets=(target,), lock=make_lock(locked(HTTP_AFTER, "requests"))
            )
            before: LayerVersion = make_layer_version(name, number, version, region=region)
            base = http_publication(region)
            operations.append(
                make_publication(
                    content,
                    "1.5.0",
                    region=region,
                    previous=before,
                    reason=base.reason,
                    changes=base.changes,
                    size=base.size,
                    before=base.before,
                )
            )
    functions = [repoint(f"checkout-{region}", "http", region=region) for region in ("eu-central-1", "us-east-1")]
    return make_plan(operations, functions)


def unknown_sizes() -> Plan:
    unread = Unknown(reason="pandas-3.0.1-py3-none-any.whl could not be downloaded: the server answers 404.")
    at_least = layer_size(1_100_000, sized("requests", "2.34.2", 3_300_000), exact=False)
    layers = [http_publication(size=at_least), data_publication(size=unread, before=unread)]
    return make_plan(layers, findings=tuple(finding for _, finding in size_findings(layers)))


def fifty_layers(packages: int = 60) -> Plan:
    layers: list[LayerOperation] = []
    functions = []
    for at in range(50):
        name = f"layer-{at:02}"
        sizes = layer_size(9_000_000, *(sized(f"package-{at}-{n}", "2.0.0", 100_000 + n) for n in range(packages)))
        changes = tuple(change(f"package-{at}-{n}", "1.0.0", "2.0.0") for n in range(packages))
        content = make_content(make_spec(name), seed=name)
        layers.append(make_publication(content, "2.0.0", changes=changes, size=sizes, bump=Bump.MAJOR))
        functions += [
            make_repoint(make_function(f"function-{at:02}-{n}"), make_move(name, version="2.0.0")) for n in range(8)
        ]
    return make_plan(layers, functions)


EVIL = "a|b`c`\n::error::x<img src=x onerror=alert(1)>@octocat #123 [x](javascript:alert(1)) **b** </details> ##[error]"


def hostile() -> Plan:
    """Every text that a pull request may bring is an attack."""
    evil_sizes = layer_size(1_000, sized(EVIL, EVIL, 99_000, EVIL, "https://x.example/) [y](javascript:alert(1)"))
    spec = make_spec(EVIL, layer_name="evil")
    publication = make_publication(
        make_content(spec, lock=make_lock(locked(evil_sizes))),
        changes=(change(EVIL, EVIL, EVIL, EVIL, "-->"),),
        size=evil_sizes,
        reason=make_reason(EVIL, location=Location(EVIL, 1)),
    )
    finding = Finding(severity=Severity.ERROR, check="x", message=EVIL, ways_out=(EVIL, f"a\n```\n{EVIL}"), layer=EVIL)
    function = make_function(EVIL)
    functions = [
        make_repoint(function, make_move(EVIL)),
        HeldFunction(function=function, layer=EVIL, reason=EVIL),
        SkippedFunction(function=function, layer=EVIL, reason=EVIL, ways_out=(EVIL,)),
    ]
    failed = FailedLayer(spec=make_spec(f"2{EVIL}"), error=ResolutionError(f"{EVIL}\n```\n</details>{EVIL}", hint=EVIL))
    gone = NoLongerDeclared(name=EVIL, layer_name=EVIL, region=REGION, reason=Reason(text=EVIL))
    layers = [publication, failed, gone, make_unchanged(make_spec(f"3{EVIL}"))]
    return make_plan(layers, functions, findings=(finding,), compared_with=EVIL, commit="-->")


def applied() -> Outcome:
    """All went well."""
    plan = make_plan([http_publication(), *unchanged("data")], [*two_layers().functions[:3], *stays()])
    return Outcome(
        plan=plan,
        published=(make_layer_version("http", 15, "1.5.0"),),
        moved=tuple(operation.function.arn for operation in plan.repoints),
        journal="journal.jsonl",
    )


def broken_apply() -> Outcome:
    """The second function failed; the first was put back, the third never tried."""
    plan = applied().plan
    first, second, _ = (operation.function.arn for operation in plan.repoints)
    denied = AccessDeniedError(
        "AWS denied lambda:UpdateFunctionConfiguration on `checkout-02`.",
        operation="lambda:UpdateFunctionConfiguration",
        resource=second,
        hint="Allow `lambda:UpdateFunctionConfiguration` on this function.",
    )
    return Outcome(
        plan=plan,
        published=(make_layer_version("http", 15, "1.5.0"),),
        rolled_back=(first,),
        failures=(FunctionFailure(function=second, error=denied, restored=True),),
        error=PartialApplyError(
            "http 1.5.0 is published, but no function uses it.", hint="Run the workflow again: it goes on from there."
        ),
        journal="journal.jsonl",
    )


def _with_version(operation: PublishLayer, version: str) -> PublishLayer:
    return replace(operation, version=Version.parse(version))
