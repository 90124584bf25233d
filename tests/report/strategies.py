"""Plans at random: any number of layers, regions, functions and findings, all with texts that are attacks."""

from hypothesis import strategies as st
from semver import Version

from layer_action.errors import BuildError, LayerActionError, Location, Problems
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, DistributionSize, Finding, LayerSize, Severity
from layer_action.model.lock import DistributionChange
from layer_action.model.plan import (
    FailedLayer,
    FunctionFailure,
    HeldFunction,
    NoLongerDeclared,
    Outcome,
    Plan,
    Reason,
    SkippedFunction,
    Superseded,
)
from tests.factories import (
    ARM_312,
    X86_312,
    make_content,
    make_function,
    make_layer_version,
    make_lock,
    make_move,
    make_plan,
    make_publication,
    make_repoint,
    make_spec,
    make_unchanged,
)

MARKUP = "`|\\*_~<>&#@[](){}!:;.,-+='\"/ \n\tabGgHh1"
TEXT = st.text(
    alphabet=st.one_of(st.sampled_from(list(MARKUP)), st.characters(codec="utf-8")), max_size=40
) | st.sampled_from(
    [
        "</details>",
        "<!--",
        "-->",
        "::error::x",
        "```",
        "@octocat",
        "#1",
        "|",
        "\n\n# x",
        "x" * 3_000,
        "[x](javascript:y)",
    ]
)
REGIONS = st.sampled_from(["", "eu-central-1", "eu-west-1", "us-east-1"])
COUNTS = st.integers(min_value=0, max_value=300_000_000)
VERSIONS = st.builds(Version, major=st.integers(0, 30), minor=st.integers(0, 30))
LOCATIONS = st.none() | st.builds(Location, TEXT, st.none() | st.integers(1, 9))
UNKNOWN = st.builds(Unknown, reason=TEXT)
SIZES = UNKNOWN | st.builds(
    LayerSize,
    zipped=COUNTS,
    unzipped=COUNTS,
    distributions=st.lists(
        st.builds(DistributionSize, name=TEXT, version=TEXT, unzipped=COUNTS, license=TEXT, changelog=TEXT), max_size=5
    ).map(tuple),
    exact=st.booleans(),
)
REASONS = st.builds(Reason, text=TEXT, location=LOCATIONS)
CHANGES = st.lists(
    st.builds(
        DistributionChange,
        name=TEXT,
        before=st.none() | TEXT,
        after=st.none() | TEXT,
        direct=st.booleans(),
        required_by=st.lists(TEXT, max_size=5).map(tuple),
    ),
    max_size=8,
).map(tuple)
SPECS = st.builds(
    make_spec, TEXT, targets=st.sampled_from([(ARM_312,), (ARM_312, X86_312)]), layer_name=st.just("layer")
)
CURRENT = st.builds(make_layer_version, version=st.sampled_from(["1.2.3", None]), number=st.integers(1, 99))
CONTENTS = st.builds(make_content, SPECS, lock=st.just(make_lock()))
ERRORS: st.SearchStrategy[LayerActionError] = st.builds(BuildError, TEXT, hint=TEXT, location=LOCATIONS)
PUBLICATIONS = st.builds(
    make_publication,
    CONTENTS,
    VERSIONS.map(str),
    region=REGIONS,
    bump=st.sampled_from(Bump),
    previous=st.none() | CURRENT,
    reason=REASONS,
    changes=CHANGES,
    size=SIZES,
    before=SIZES,
)
LAYERS = (
    PUBLICATIONS
    | st.builds(make_unchanged, SPECS, region=REGIONS, current=st.none() | CURRENT)
    | st.builds(Superseded, spec=SPECS, layer_name=TEXT, region=REGIONS, current=CURRENT, reason=REASONS)
    | st.builds(NoLongerDeclared, name=TEXT, layer_name=TEXT, region=REGIONS, reason=REASONS)
    | st.builds(FailedLayer, spec=SPECS, error=ERRORS | st.lists(ERRORS, max_size=3).map(Problems))
)
FUNCTIONS = st.builds(make_function, TEXT)
MOVES = st.builds(make_move, TEXT, version=VERSIONS.map(str))
OPERATIONS = (
    st.builds(make_repoint, FUNCTIONS, MOVES, MOVES, unzipped=COUNTS | UNKNOWN)
    | st.builds(HeldFunction, function=FUNCTIONS, layer=TEXT, reason=TEXT)
    | st.builds(
        SkippedFunction, function=FUNCTIONS, layer=TEXT, reason=TEXT, ways_out=st.lists(TEXT, max_size=3).map(tuple)
    )
)
FINDINGS = st.builds(
    Finding,
    severity=st.sampled_from(Severity),
    check=st.just("check"),
    message=TEXT,
    ways_out=st.lists(TEXT, max_size=3).map(tuple),
    location=LOCATIONS,
    layer=TEXT,
)
PLANS: st.SearchStrategy[Plan] = st.builds(
    make_plan,
    st.lists(LAYERS, max_size=6),
    st.lists(OPERATIONS, max_size=6),
    findings=st.lists(FINDINGS, max_size=4).map(tuple),
    commit=TEXT,
    compared_with=TEXT,
)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Return what an apply of a random plan may end in, sensible or not."""
    plan = draw(PLANS)
    arns = [operation.function.arn for operation in plan.repoints]
    some = st.lists(st.sampled_from(arns), unique=True).map(tuple) if arns else st.just(())
    failures = st.lists(
        st.builds(FunctionFailure, function=TEXT | st.sampled_from(arns or [""]), error=ERRORS, restored=st.booleans()),
        max_size=3,
    )
    return Outcome(
        plan=plan,
        published=draw(st.lists(CURRENT, max_size=3).map(tuple)),
        moved=draw(some),
        rolled_back=draw(some),
        failures=tuple(draw(failures)),
        error=draw(st.none() | ERRORS),
        journal=draw(TEXT),
    )
