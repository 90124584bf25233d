"""Which functions follow a layer, and which stay, each with its reason."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from layer_action.decide.entries import Destination
from layer_action.decide.functions import function_operations
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, Bump, Finding, ManagedFunctions, Rollout, Severity
from layer_action.model.plan import FunctionOperation, HeldFunction, RepointFunction, SkippedFunction
from layer_action.model.published import LayerArn
from layer_action.model.target import Architecture, Target
from tests.factories import X86_312, make_function, make_layer_arn, make_lock, make_spec

HTTP = make_layer_arn("http")
FOREIGN = "arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:38"
TODAY = date(2026, 11, 24)
AWSLAYER = "arn:aws:lambda:::awslayer:AmazonLinux1703"


def make_destination(
    name: str = "http", version: str = "2.0.0", number: int | None = None, **overrides: Any
) -> Destination:
    arn = overrides.pop("layer_arn", make_layer_arn(name))
    spec = overrides.pop("spec", None) or make_spec(name)
    values: dict[str, Any] = {
        "layer_name": arn.name,
        "layer_arn": arn,
        "version": Version.parse(version),
        "version_arn": None if number is None else arn.version(number),
        "targets": spec.targets,
        "known": {1: Version(1, 0, 0)},
    }
    return Destination(spec=spec, **(values | overrides))


def decide(
    functions: Sequence[PinnedFunction], *destinations: Destination, total: int | Unknown = 1
) -> tuple[FunctionOperation, ...]:
    return function_operations(
        functions, destinations or (make_destination(),), unzipped=lambda _f, _r: total, today=TODAY
    )[0]


def one(function: PinnedFunction, *destinations: Destination) -> FunctionOperation:
    (operation,) = decide([function], *destinations)
    return operation


def held(function: PinnedFunction, *destinations: Destination) -> str:
    operation = one(function, *destinations)
    assert isinstance(operation, HeldFunction)
    return operation.reason


def skipped(function: PinnedFunction, *destinations: Destination) -> str:
    operation = one(function, *destinations)
    assert isinstance(operation, SkippedFunction)
    return operation.reason


def policy(**settings: Any) -> Destination:
    return make_destination(spec=make_spec(rollout=Rollout(**settings)))


def test_a_pinned_function_follows_the_version_to_be_published() -> None:
    operation = one(make_function(layers=[FOREIGN, HTTP.version(1), AWSLAYER]))
    assert isinstance(operation, RepointFunction)
    (move,) = operation.moves
    assert (move.before, move.to, str(move.version)) == (HTTP.version(1), None, "2.0.0")


def test_a_function_left_behind_follows_the_published_version() -> None:
    operation = one(make_function(layers=[HTTP.version(1)]), make_destination(number=2))
    assert isinstance(operation, RepointFunction)
    assert operation.moves[0].to == HTTP.version(2)


def test_one_operation_holds_all_moves_of_a_function() -> None:
    data = make_layer_arn("data")
    function = make_function(layers=[data.version(1), FOREIGN, HTTP.version(1)])
    operation = one(function, make_destination(), make_destination("data"))
    assert isinstance(operation, RepointFunction)
    assert [move.layer for move in operation.moves] == ["data", "http"]


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [FOREIGN, AWSLAYER],
        [make_layer_arn("http-extra").version(1)],
        [make_layer_arn(region="us-east-1").version(1)],
        [make_layer_arn(account="999999999999").version(1)],
    ],
)
def test_a_function_that_is_not_pinned_is_no_operation(layers: list[str]) -> None:
    assert decide([make_function(layers=layers)]) == ()


def test_a_function_that_is_current_is_no_operation() -> None:
    assert decide([make_function(layers=[HTTP.version(2)])], make_destination(number=2, known={2: Version(2)})) == ()


def test_a_function_never_moves_to_a_lower_number() -> None:
    reason = held(make_function(layers=[HTTP.version(3)]), make_destination(number=2))
    assert reason == "it lists number 3 already, newer than 2.0.0 (number 2)"


def test_a_function_never_moves_to_a_lower_version() -> None:
    known = {1: Version(3, 0, 0), 2: Version(2, 0, 0)}
    assert decide([make_function(layers=[HTTP.version(1)])], make_destination(number=2, known=known)) == ()


def test_an_image_function_is_skipped() -> None:
    assert "container image" in skipped(make_function(layers=[HTTP.version(1)], package_type="Image"))


def test_an_edge_replica_is_skipped() -> None:
    assert "Lambda@Edge" in skipped(make_function(layers=[HTTP.version(1)], is_edge_replica=True))


def test_a_failed_function_is_skipped() -> None:
    assert skipped(make_function(layers=[HTTP.version(1)], state="Failed")) == "its state is Failed"


def test_a_function_of_another_language_is_skipped() -> None:
    assert "nodejs22.x" in skipped(make_function(layers=[HTTP.version(1)], runtime="nodejs22.x"))


def test_a_function_of_another_python_is_skipped_with_the_way_out() -> None:
    operation = one(make_function(layers=[HTTP.version(1)], runtime="python3.11"))
    assert isinstance(operation, SkippedFunction)
    assert operation.reason == "it runs python3.11, and the layer is built for python3.12"
    assert operation.ways_out == ("Add python3.11 to `runtimes` of http.",)


def test_a_function_of_another_architecture_is_skipped() -> None:
    assert "x86_64" in skipped(make_function(layers=[HTTP.version(1)], architecture="x86_64"))
    both = make_destination(targets=(X86_312, *make_spec().targets))
    assert isinstance(one(make_function(layers=[HTTP.version(1)], architecture="x86_64"), both), RepointFunction)


def test_a_managed_function_is_skipped_unless_the_config_moves_it() -> None:
    function = make_function(layers=[HTTP.version(1)], tags={"aws:cloudformation:stack-name": "shop"})
    assert "stack shop" in skipped(function)
    assert isinstance(one(function, policy(managed_functions=ManagedFunctions.MOVE)), RepointFunction)


def test_a_function_whose_tags_are_unreadable_is_skipped() -> None:
    function = make_function(layers=[HTTP.version(1)], tags=Unknown(reason="lambda:ListTags is denied"))
    assert skipped(function) == "its tags could not be read, so nobody knows whether it is held"


def test_globs_choose_functions() -> None:
    destination = policy(include=("shop-*",), exclude=("*-legacy",))
    layers = [HTTP.version(1)]
    assert isinstance(one(make_function("shop-cart", layers), destination), RepointFunction)
    assert "leaves it out" in held(make_function("shop-cart-legacy", layers), destination)
    assert "leaves it out" in held(make_function("blog", layers), destination)


def test_a_tag_holds_a_function() -> None:
    assert held(make_function(layers=[HTTP.version(1)], tags={"layer:http": "hold"})) == "its tag says hold"


def test_a_series_keeps_out_of_the_next_but_follows_its_own() -> None:
    known = {1: Version(1, 0, 0), 2: Version(1, 1, 0), 3: Version(1, 2, 0)}
    destination = make_destination(known=known)
    operation = one(make_function(layers=[HTTP.version(1)], tags={"layer:http": "1.x"}), destination)
    assert isinstance(operation, RepointFunction)
    assert operation.moves[0].to == HTTP.version(3)
    assert "outside" in held(make_function(layers=[HTTP.version(3)], tags={"layer:http": "1.x"}), destination)


def test_the_policy_lowers_the_largest_bump() -> None:
    function = make_function(layers=[HTTP.version(1)])
    assert "2.0.0 is a major bump" in held(function, policy(repoint=Bump.MINOR))
    assert "repoint: none" in held(function, policy(repoint=Bump.NONE))


def test_a_pre_release_moves_no_function() -> None:
    assert "pre-release" in held(make_function(layers=[HTTP.version(1)]), make_destination(version="2.0.0-rc.1"))


def test_a_version_that_failed_on_one_function_is_tried_on_none() -> None:
    failed = make_function("first", [HTTP.version(1)], tags={"layer-failed:http": "2.0.0"})
    operations = decide([failed, make_function("second", [HTTP.version(1)])])
    assert [type(operation) for operation in operations] == [HeldFunction, HeldFunction]
    assert decide([failed], make_destination(version="2.0.1"))[0].__class__ is RepointFunction


def test_functions_follow_a_renamed_layer() -> None:
    old = make_layer_arn("http-old")
    destination = make_destination(replaces=old)
    operation = one(make_function(layers=[FOREIGN, old.version(7)]), destination)
    assert isinstance(operation, RepointFunction)
    assert operation.moves[0].before == old.version(7)
    assert "both" in skipped(
        make_function(layers=[old.version(7), HTTP.version(2)]),
        make_destination(replaces=old, number=2, known={2: Version(2)}),
    )


def test_a_function_that_would_be_too_large_blocks_the_plan() -> None:
    destination = make_destination(grew="pandas +30.1 MB")
    function = make_function("report-builder", [HTTP.version(1)])
    operations, findings = function_operations(
        [function], [destination], unzipped=lambda _f, _r: UNZIPPED_LIMIT + 1, today=TODAY
    )
    assert isinstance(operations[0], SkippedFunction)
    assert findings[0].severity is Severity.ERROR
    assert "report-builder would be 262.1 MB" in findings[0].message
    assert "pandas +30.1 MB" in findings[0].message


def test_exactly_the_limit_is_allowed() -> None:
    assert isinstance(decide([make_function(layers=[HTTP.version(1)])], total=UNZIPPED_LIMIT)[0], RepointFunction)


def test_the_size_is_asked_for_the_list_after_the_move() -> None:
    asked: list[Mapping[str, str]] = []

    def unzipped(_function: PinnedFunction, replacements: Mapping[str, str]) -> Unknown:
        asked.append(replacements)
        return Unknown(reason="denied")

    functions = [make_function(layers=[HTTP.version(1)])]
    operations, _ = function_operations(functions, [make_destination()], unzipped=unzipped, today=TODAY)
    function_operations(functions, [make_destination(number=2)], unzipped=unzipped, today=TODAY)
    assert asked == [{HTTP.version(1): "http"}, {HTTP.version(1): HTTP.version(2)}]
    assert isinstance(operations[0], RepointFunction)
    assert operations[0].unzipped == Unknown(reason="denied")


def test_a_set_pythonpath_is_one_warning_for_all() -> None:
    functions = [make_function(f"f{n}", [HTTP.version(1)], sets_pythonpath=True) for n in range(7)]
    _, findings = function_operations(functions, [make_destination()], unzipped=lambda _f, _r: 1, today=TODAY)
    (finding,) = findings
    assert finding.check == "pythonpath-set"
    assert "f0, f1, f2, f3, f4 and 2 more" in finding.message


def on_old_runtime(today: date, name: str = "checkout") -> tuple[FunctionOperation, tuple[Finding, ...]]:
    spec = make_spec(targets=(Target(runtime="python3.9", architecture=Architecture.X86_64),))
    function = make_function(name, [HTTP.version(1)], runtime="python3.9", architecture="x86_64")
    destination = make_destination(spec=spec)
    operations, findings = function_operations([function], [destination], unzipped=lambda _f, _r: 1, today=today)
    return operations[0], findings


def test_a_runtime_without_support_is_a_warning_that_says_until_when_it_can_be_updated() -> None:
    operation, (finding,) = on_old_runtime(date(2025, 12, 15))
    assert isinstance(operation, RepointFunction)
    assert (finding.check, finding.severity) == ("deprecated-runtime", Severity.WARNING)
    assert "checkout runs python3.9, without security updates since 2025-12-15" in finding.message
    assert "From 2027-03-03 on AWS takes no updates" in finding.message
    assert "November 2026" in finding.message


def test_a_runtime_with_support_is_no_finding() -> None:
    assert on_old_runtime(date(2025, 12, 14))[1] == ()


def test_a_function_whose_runtime_takes_no_updates_is_skipped_with_the_day_since_when() -> None:
    assert isinstance(on_old_runtime(date(2027, 3, 2))[0], RepointFunction)
    operation, findings = on_old_runtime(date(2027, 3, 3))
    assert isinstance(operation, SkippedFunction)
    assert operation.reason.startswith("AWS takes no updates of functions on python3.9 since 2027-03-03")
    assert operation.ways_out
    assert findings == ()


def test_a_runtime_that_no_layer_is_built_for_is_not_advised() -> None:
    operation = one(make_function(layers=[HTTP.version(1)], runtime="python3.8"))
    assert isinstance(operation, SkippedFunction)
    assert operation.ways_out[0].startswith("Give the function a runtime that layers are built for: python3.9, ")


def test_one_distribution_in_two_layers_is_a_warning_that_names_the_winner() -> None:
    data = make_layer_arn("data")
    function = make_function(layers=[HTTP.version(1), data.version(4)])
    destinations = [
        make_destination(lock=make_lock({"urllib3": "2.8.0"})),
        make_destination("data", "1.0.0", 4, known={4: Version(1)}),
    ]
    held = {data.version(4): {"urllib3": "1.26.20"}, data.version(3): {"urllib3": "2.8.0"}}

    def decided(function: PinnedFunction) -> tuple[Finding, ...]:
        return function_operations(
            [function], destinations, unzipped=lambda _f, _r: 1, today=TODAY, holds=held.__getitem__
        )[1]

    (finding,) = decided(function)
    assert finding.check == "same-distribution-in-two-layers"
    assert finding.message.startswith("urllib3 is 2.8.0 in http and 1.26.20 in data: checkout would load")
    older = make_function(layers=[HTTP.version(1), data.version(3)], tags={"layer:data": "hold"})
    assert decided(older) == ()


def test_a_distribution_in_a_layer_that_is_not_ours_counts_as_well() -> None:
    function = make_function(layers=[FOREIGN, HTTP.version(1)])
    destinations = [make_destination(lock=make_lock({"urllib3": "2.8.0"}))]
    _, (finding,) = function_operations(
        [function],
        destinations,
        unzipped=lambda _f, _r: 1,
        today=TODAY,
        holds=lambda arn: {"urllib3": "1.26.20"} if arn == FOREIGN else {},
    )
    assert finding.message.startswith("urllib3 is 1.26.20 in LambdaInsightsExtension and 2.8.0 in http: checkout would")


numbers = st.integers(1, 6)
semvers = st.builds(Version, st.integers(1, 3), st.integers(0, 2), st.integers(0, 2))


@given(
    st.dictionaries(numbers, semvers, max_size=6),
    st.none() | numbers,
    semvers,
    numbers,
    st.sampled_from(["", "hold", "1.x", "2.0.x", "latest"]),
    st.sampled_from(Bump),
)
def test_no_move_ever_goes_backwards(
    known: dict[int, Version], number: int | None, version: Version, current: int, tag: str, repoint: Bump
) -> None:
    spec = make_spec(rollout=Rollout(repoint=repoint))
    destination = make_destination(spec=spec, number=number, version=str(version), known=known)
    function = make_function(layers=[FOREIGN, HTTP.version(current)], tags={"layer:http": tag} if tag else {})
    for operation in decide([function], destination):
        if isinstance(operation, RepointFunction):
            (move,) = operation.moves
            split = LayerArn.of_version(move.to) if move.to else None
            assert split is None or split[1] > current
            assert current not in known or known[current] < move.version
            assert move.version <= version
            assert tag != "hold"
