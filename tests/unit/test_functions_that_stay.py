"""Which functions stay where they are, each with its reason."""

from datetime import date

from semver import Version

from layer_action.decide.functions import function_operations
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, Finding, ManagedFunctions, Publication, Severity
from layer_action.model.plan import FunctionOperation, HeldFunction, RepointFunction, SkippedFunction
from layer_action.model.target import Architecture, Target
from tests.factories import X86_312, make_function, make_spec
from tests.unit.deciding import HTTP, decide, held, make_destination, one, policy, skipped


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


def test_the_ways_out_of_a_managed_function_propose_nothing_that_the_layer_has() -> None:
    function = make_function(layers=[HTTP.version(1)], tags={"aws:cloudformation:stack-name": "shop"})
    operation = one(function, make_destination(spec=make_spec(publication=Publication(pin_files=("*.yaml",), ssm="x"))))
    assert isinstance(operation, SkippedFunction)
    assert operation.ways_out == (
        "`managed-functions: move` in http moves it all the same.",
        "The template can read the ARN from the parameter that `ssm:` names.",
    )


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


def test_what_failed_is_told_with_every_function_that_remembers_the_newest_failure() -> None:
    names = {"a": "2.0.0", "b": "2.1.0", "c": "2.1.0", "d": "1.9.0"}
    functions = [
        make_function(name, [HTTP.version(1)], tags={"layer-failed:http": failed}) for name, failed in names.items()
    ]
    reasons = [operation.reason for operation in decide(functions) if isinstance(operation, HeldFunction)]
    assert reasons == ["http 2.1.0 failed or was rolled back, says the tag layer-failed:http of b and c"] * 4


def test_a_function_that_its_own_tag_holds_is_not_held_by_what_failed_elsewhere() -> None:
    failed = make_function("first", [HTTP.version(1)], tags={"layer-failed:http": "2.0.0"})
    holding = make_function("second", [HTTP.version(1)], tags={"layer:http": "hold"})
    _, held = decide([failed, holding])
    assert isinstance(held, HeldFunction)
    assert (held.reason, held.failed) == ("its tag says hold", None)


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
