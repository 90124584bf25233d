"""Layers that cannot be planned, or must not be published: each is told once, at its line, and stops no other."""

from layer_action.errors import (
    BuildError,
    ConfigError,
    DownloadError,
    Location,
    Problems,
    ResolutionError,
    UnsafeWheelError,
    concerning,
    each_of,
    exit_code_of,
)
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import FailedLayer, PublishLayer
from layer_action.model.target import Target
from layer_action.ports.building import Resolution
from tests.commands.desk import World, published
from tests.factories import (
    ARM_312,
    REGION,
    X86_312,
    make_spec,
)


def test_a_layer_that_fails_stops_no_other() -> None:
    world = World(make_spec("bad"), make_spec("http"))
    world.stage.resolver.failures["bad"] = ResolutionError("no such distribution")
    planned = world.plan()
    assert [type(op) for op in planned.plan.layers] == [FailedLayer, PublishLayer]
    assert published(planned) == [("http", REGION, "1.0.0")]


def test_a_failure_that_names_no_place_points_at_the_layers_requirements() -> None:
    spec = make_spec(locations={"requirements": Location("layers.yml", 4)})
    world = World(spec)
    world.stage.resolver.failures["http"] = Problems(
        [BuildError("one"), BuildError("two", location=Location("r.txt", 1))]
    )
    [failure] = world.plan().plan.failures
    assert [problem.location for problem in each_of(failure.error)] == [Location("layers.yml", 4), Location("r.txt", 1)]


def test_a_failure_on_several_targets_is_told_once_for_all() -> None:
    world = World(make_spec(targets=(ARM_312, X86_312)))

    def broken(_: LayerSpec, target: Target, *__: object) -> Resolution:
        raise Problems([ResolutionError(f"no wheel for {target}."), ResolutionError(f"{target.machine} is odd.")])

    world.stage.resolver.resolve = broken  # type: ignore[method-assign]
    [failure] = world.plan().plan.failures
    assert [problem.message for problem in each_of(failure.error)] == [
        "no wheel for 3.12 arm64 and x86_64.",
        "aarch64 is odd.",
        "x86_64 is odd.",
    ]


def test_a_layer_whose_own_files_are_wrong_stops_no_other() -> None:
    world = World(make_spec("a"), make_spec("b"), make_spec("http"))
    world.stage.resolver.failures["a"] = ConfigError("bad a")
    world.stage.resolver.failures["b"] = Problems([ConfigError("bad b"), BuildError("and broken")])
    planned = world.plan()
    assert [failure.error.message for failure in planned.plan.failures] == ["bad a", "bad b\nand broken"]
    assert published(planned) == [("http", REGION, "1.0.0")]
    assert exit_code_of(Problems(failure.error for failure in planned.plan.failures)) == 2


def test_what_else_is_wrong_is_told_beside_inputs_that_cannot_be_read() -> None:
    world = World(make_spec(targets=(ARM_312, X86_312)))
    world.stage.resolver.unreadable["http"] = ConfigError("what is this?", location=Location("r.txt", 2))
    world.stage.resolver.failures["http"] = Problems(
        [ConfigError("what is this?", location=Location("r.txt", 2)), BuildError("none", location=Location("r.txt", 1))]
    )
    [failure] = world.plan().plan.failures
    assert [problem.message for problem in each_of(failure.error)] == ["none", "what is this?"]


def test_what_cannot_be_locked_is_told_at_the_line_that_asks_for_it() -> None:
    world = World(make_spec(targets=(ARM_312, X86_312)))
    world.stage.resolver.lines["http"] = {"requests": Location("r.txt", 3)}
    world.stage.resolver.failures["http"] = concerning(DownloadError("It cannot be downloaded."), "requests")
    [failure] = world.plan().plan.failures
    assert failure.error.location == Location("r.txt", 3)


def test_an_unsafe_wheel_fails_its_layer_at_the_line_that_asks_for_it() -> None:
    world = World(make_spec("data"), make_spec("http"))
    world.require({"requests": "2.31.0"})
    world.stage.resolver.lines["http"] = {"requests": Location("r.txt", 3)}
    world.stage.builder.unsafe["http"] = concerning(UnsafeWheelError("it holds '../x'."), "requests")
    plan = world.plan().plan
    [failure] = plan.failures
    assert (failure.spec.name, failure.error.message) == ("http", "it holds '../x'.")
    assert failure.error.location == Location("r.txt", 3)
    assert [op.content.layer_name for op in plan.publications] == ["data"]


def test_an_unsafe_wheel_in_all_zips_of_a_layer_is_told_once() -> None:
    world = World(make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312)))
    for name in ("http-arm64", "http-x86_64"):
        world.stage.builder.unsafe[name] = UnsafeWheelError("it holds '../x'.")
    [failure] = world.plan().plan.failures
    assert len(each_of(failure.error)) == 1


def test_a_layer_over_its_budget_is_a_problem_of_the_plan() -> None:
    world = World(make_spec(budget=1))
    assert [finding.check for finding in world.plan().plan.problems()] == ["over-budget"]


def test_a_layer_whose_zips_are_all_over_its_budget_is_one_problem_of_the_plan() -> None:
    world = World(make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312), budget=1))
    assert [finding.check for finding in world.plan().plan.problems()] == ["over-budget"]
