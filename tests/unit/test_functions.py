"""Which functions follow a layer, and to which version."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from layer_action.decide.functions import function_operations
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.layer import UNZIPPED_LIMIT, Bump, Rollout
from layer_action.model.plan import RepointFunction, SkippedFunction
from layer_action.model.published import LayerArn
from layer_action.record import replace
from tests.factories import ARM_312, make_function, make_layer_arn, make_spec
from tests.unit.deciding import FOREIGN, HTTP, TODAY, decide, held, make_destination, one, skipped

AWSLAYER = "arn:aws:lambda:::awslayer:AmazonLinux1703"


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


def test_a_function_is_never_moved_to_where_it_is() -> None:
    """Also where nobody knows which version it lists."""
    assert decide([make_function(layers=[HTTP.version(2)])], make_destination(number=2, known={})) == ()


def test_a_function_never_moves_to_a_lower_number() -> None:
    reason = held(make_function(layers=[HTTP.version(3)]), make_destination(number=2))
    assert reason == "it lists number 3 already, newer than 2.0.0 (number 2)"


def test_a_function_never_moves_to_a_lower_version() -> None:
    known = {1: Version(3, 0, 0), 2: Version(2, 0, 0)}
    assert decide([make_function(layers=[HTTP.version(1)])], make_destination(number=2, known=known)) == ()


def test_of_two_numbers_with_one_version_a_function_takes_the_higher() -> None:
    destination = make_destination(known={8: Version(1, 0, 0), 9: Version(1, 1, 0), 10: Version(1, 1, 0)})
    operation = one(make_function(layers=[HTTP.version(8)], tags={"layer:http": "1.x"}), destination)
    assert isinstance(operation, RepointFunction)
    assert operation.moves[0].to == HTTP.version(10)


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


def test_how_far_a_function_moves_to_a_new_name_counts_where_versions_went_on() -> None:
    old, spec = make_layer_arn("http-old"), make_spec(rollout=Rollout(repoint=Bump.MINOR))
    went_on = make_destination(spec=spec, version="1.5.0", replaces=old, formerly={7: Version(1, 4, 2)})
    function = make_function(layers=[old.version(7)])
    assert isinstance(one(function, went_on), RepointFunction)
    assert "is a major bump" in held(function, replace(went_on, formerly={}))


@pytest.mark.parametrize(("runtime", "layer"), [("python3.12", "http-312"), ("python3.13", "http-313")])
def test_of_the_zips_that_replace_one_layer_a_function_takes_the_one_for_its_runtime(runtime: str, layer: str) -> None:
    old = make_layer_arn("http-old")
    new = [
        make_destination(f"http-3{minor}", replaces=old, targets=(replace(ARM_312, runtime=f"python3.{minor}"),))
        for minor in (12, 13)
    ]
    (operation,) = decide([make_function(layers=[old.version(7)], runtime=runtime)], *new)
    assert isinstance(operation, RepointFunction)
    assert [move.layer_name for move in operation.moves] == [layer]


def test_a_function_that_none_of_the_zips_fits_is_told_once() -> None:
    old = make_layer_arn("http-old")
    function = make_function(layers=[old.version(7)], runtime="python3.9")
    (operation,) = decide(
        [function], make_destination("http-a", replaces=old), make_destination("http-b", replaces=old)
    )
    assert isinstance(operation, SkippedFunction)


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
