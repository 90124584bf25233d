"""An alias of a function that is where it should be: whether it serves that too, and what becomes of it if not."""

import pytest
from semver import Version

from layer_action.decide.aliases import AliasState, Follows, Lags, Stays, alias_state
from layer_action.decide.functions import function_operations
from layer_action.model.function import FunctionAlias, PinnedFunction
from layer_action.model.layer import Finding, Rollout, Severity
from layer_action.model.plan import FunctionOperation, RepointFunction
from layer_action.record import replace
from tests.factories import make_function, make_spec
from tests.unit.deciding import FOREIGN, HTTP, TODAY, make_destination

CURRENT = make_function(layers=[FOREIGN, HTTP.version(2)])
LIVE = FunctionAlias(name="live", function_version="1")


def decide(
    state: AliasState, function: PinnedFunction = CURRENT, **rollout: object
) -> tuple[tuple[FunctionOperation, ...], tuple[Finding, ...], list[str]]:
    """Return what is decided, and the version ARNs that the alias was asked about."""
    asked: list[str] = []

    def alias_of(_function: PinnedFunction, name: str, version_arn: str) -> AliasState:
        assert name == "live"
        asked.append(version_arn)
        return state

    spec = make_spec(rollout=Rollout(**({"alias": "live"} | rollout)))  # type: ignore[arg-type]
    destination = make_destination(spec=spec, number=2, known={1: Version(3), 2: Version(2)})
    operations, findings = function_operations(
        [function], [destination], unzipped=lambda _f, _r: 1, today=TODAY, alias_of=alias_of
    )
    return operations, findings, asked


def test_an_alias_that_lags_is_moved_by_an_operation_that_changes_no_layer() -> None:
    (operation,), _, asked = decide(Lags())
    assert isinstance(operation, RepointFunction)
    (move,) = operation.moves
    assert (move.before, move.to, move.alias) == (HTTP.version(2), HTTP.version(2), "live")
    assert asked == [HTTP.version(2)]


def test_an_alias_that_follows_needs_nothing() -> None:
    assert decide(Follows()) == ((), (), [HTTP.version(2)])


def test_an_alias_that_may_not_be_moved_is_a_notice_with_the_reason() -> None:
    operations, (finding,), _ = decide(Stays(reason="it splits traffic"))
    assert operations == ()
    assert (finding.check, finding.severity) == ("alias-lags", Severity.NOTICE)
    assert finding.message == "Alias live of checkout lags behind http 2.0.0: it splits traffic."


@pytest.mark.parametrize(
    ("function", "rollout"),
    [
        (CURRENT, {"alias": ""}),
        (CURRENT, {"exclude": ("checkout",)}),
        (make_function(layers=[HTTP.version(1)]), {}),
    ],
    ids=["no alias is wanted", "left out by the config", "on a greater version with a lower number"],
)
def test_nobody_asks_for_an_alias_that_has_nothing_to_follow(
    function: PinnedFunction, rollout: dict[str, object]
) -> None:
    assert decide(Lags(), function, **rollout)[2] == []


@pytest.mark.parametrize(
    "function",
    [
        replace(CURRENT, tags={"layer:http": "hold"}),
        replace(CURRENT, tags={"aws:cloudformation:stack-name": "shop"}),
    ],
    ids=["held", "managed"],
)
def test_the_alias_of_a_function_that_must_stay_stays(function: PinnedFunction) -> None:
    assert decide(Lags(), function)[:2] == ((), ())


SERVED = make_function(layers=[HTTP.version(1)])


@pytest.mark.parametrize(
    ("served", "alias", "state"),
    [
        (CURRENT, LIVE, Follows()),
        (CURRENT, replace(LIVE, routes=True), Follows()),
        (SERVED, LIVE, Lags()),
        (SERVED, None, Lags()),
        (replace(SERVED, code_sha256="older"), LIVE, "its code is not that of $LATEST"),
        (SERVED, replace(LIVE, routes=True), "it splits traffic between two versions"),
    ],
)
def test_an_alias_is_told_by_the_version_that_it_serves(
    served: PinnedFunction, alias: FunctionAlias | None, state: AliasState | str
) -> None:
    found = alias_state(CURRENT, served, alias, {HTTP.version(2)})
    if isinstance(found, Stays):
        assert found.reason.startswith(str(state))
    else:
        assert found == state
