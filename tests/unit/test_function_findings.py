"""What is odd about a function that moves: its size, its variables, and how its layers get along."""

from semver import Version

from layer_action.decide.functions import function_operations
from layer_action.model.function import PinnedFunction
from layer_action.model.layer import UNZIPPED_LIMIT, Finding, Severity
from layer_action.model.plan import SkippedFunction
from tests.factories import make_function, make_layer_arn, make_lock
from tests.unit.deciding import FOREIGN, HTTP, TODAY, make_destination


def test_a_function_that_would_be_too_large_blocks_the_plan() -> None:
    destination = make_destination(grew="pandas +30.1 MB")
    function = make_function("report-builder", [HTTP.version(1)])
    operations, findings = function_operations(
        [function], [destination], unzipped=lambda _f, _r: UNZIPPED_LIMIT + 1, today=TODAY
    )
    assert isinstance(operations[0], SkippedFunction)
    assert findings[0].severity is Severity.ERROR
    assert "report-builder would be 262\xa0144\xa0001 bytes" in findings[0].message
    assert "pandas +30.1 MB" in findings[0].message


def too_large(*names: str, **grew: str) -> Finding:
    """Return the finding for a function that lists the layers, of which some grew."""
    function = make_function(layers=[make_layer_arn(name).version(1) for name in names])
    destinations = [make_destination(name, grew=grew.get(name, "")) for name in names]
    elsewhere = make_layer_arn(names[0], region="us-east-1")
    destinations.append(make_destination(names[0], layer_arn=elsewhere, grew="numpy +99.0 MB"))
    _, (finding,) = function_operations(
        [function], destinations, unzipped=lambda _f, _r: UNZIPPED_LIMIT + 1, today=TODAY
    )
    return finding


def test_a_function_too_large_for_one_layer_is_that_layers_finding_and_for_two_it_is_nobodys() -> None:
    assert too_large("http").layer == "http"
    assert too_large("http", "data").layer == ""


def test_only_layers_of_its_own_region_that_grew_are_blamed_for_a_functions_size() -> None:
    assert "What grew: data: pandas +30.1 MB." in too_large("http", "data", data="pandas +30.1 MB").message
    assert "What grew" not in too_large("http").message


def test_a_set_pythonpath_is_one_warning_for_all() -> None:
    functions = [make_function(f"f{n}", [HTTP.version(1)], sets_pythonpath=True) for n in range(7)]
    _, findings = function_operations(functions, [make_destination()], unzipped=lambda _f, _r: 1, today=TODAY)
    (finding,) = findings
    assert finding.check == "pythonpath-set"
    assert "f0, f1, f2, f3, f4 and 2 more" in finding.message


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
