"""The step's outputs: all of them, always, and without account ids but for `arns`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from layer_action.commands.outputs import OUTPUTS, layer_rows, matrix_legs, outputs_of
from layer_action.errors import AwsError, BuildError
from layer_action.model.function import Unknown
from layer_action.model.layer import Bump, LayerSpec
from layer_action.model.lock import Source, SourceKind
from layer_action.model.plan import (
    FailedLayer,
    FunctionFailure,
    HeldFunction,
    LayerOperation,
    NoLongerDeclared,
    Outcome,
    Plan,
    SkippedFunction,
    Superseded,
)
from tests.factories import (
    ACCOUNT,
    ARM_312,
    REGION,
    X86_312,
    make_content,
    make_distribution,
    make_function,
    make_layer_version,
    make_lock,
    make_plan,
    make_publication,
    make_reason,
    make_repoint,
    make_spec,
    make_unchanged,
)

EAST = "us-east-1"
CHECKOUT = make_function("checkout", ["arn:1"])
ORDERS = make_function("orders", ["arn:1"])


def read(plan: Plan | None, outcome: Outcome | None = None, **paths: str) -> dict[str, Any]:
    """Return the outputs, those that are JSON as values."""
    return {
        name: json.loads(value) if value[:1] in {"[", "{"} else value
        for name, value in outputs_of(plan, outcome, **paths).items()
    }


def make_superseded(spec: LayerSpec, **overrides: str) -> Superseded:
    """Return a layer that a newer commit has published."""
    name = overrides.get("layer_name", spec.layer_name)
    return Superseded(
        spec=spec, layer_name=name, region=REGION, current=make_layer_version(name), reason=make_reason("newer")
    )


def everything() -> tuple[Plan, Outcome]:
    """Return a plan with every operation, and an outcome in which one function failed."""
    plan = make_plan(
        [
            make_publication(),
            make_unchanged(make_spec("data")),
            make_superseded(make_spec("old")),
            NoLongerDeclared(name="gone", layer_name="gone", region=REGION, reason=make_reason("gone")),
            FailedLayer(spec=make_spec("bad"), error=BuildError("no wheel fits")),
        ],
        [
            make_repoint(CHECKOUT),
            make_repoint(ORDERS),
            HeldFunction(function=make_function("held"), layer="http", reason="tag"),
            SkippedFunction(function=make_function("stack"), layer="http", reason="managed"),
            SkippedFunction(function=make_function("stack"), layer="data", reason="managed"),
        ],
    )
    failure = FunctionFailure(function=ORDERS.arn, error=AwsError("refused"))
    published = make_layer_version("http", 2, "1.1.0")
    return plan, Outcome(plan=plan, published=(published,), moved=(CHECKOUT.arn,), failures=(failure,))


def test_every_output_is_there_in_a_run_that_failed_before_its_plan() -> None:
    outputs = outputs_of(None, None)
    assert tuple(outputs) == OUTPUTS
    assert outputs["changed"] == "false"
    assert json.loads(outputs["layers"]) == []
    assert json.loads(outputs["matrix"]) == {"include": []}
    assert json.loads(outputs["functions"]) == {"moved": [], "held": [], "skipped": [], "failed": []}


def test_every_output_is_there_after_a_run() -> None:
    assert tuple(outputs_of(*everything())) == OUTPUTS


def test_paths_and_addresses_are_outputs_by_their_own_names() -> None:
    assert read(make_plan(), plan_file="p.json", release_url="https://x")["plan-file"] == "p.json"


def test_only_arns_holds_an_account_id() -> None:
    outputs = outputs_of(*everything())
    assert [name for name, value in outputs.items() if ACCOUNT in value] == ["arns"]


def test_functions_are_named_by_what_became_of_them() -> None:
    assert read(*everything())["functions"] == {
        "moved": ["checkout"],
        "held": ["held"],
        "skipped": ["stack"],
        "failed": ["orders"],
    }


def test_a_plan_names_the_functions_that_would_move() -> None:
    plan, _ = everything()
    assert read(plan)["functions"]["moved"] == ["checkout", "orders"]


def test_a_function_of_two_regions_is_named_once() -> None:
    functions = [make_repoint(make_function("checkout", region=region)) for region in (REGION, EAST)]
    plan = make_plan(functions=functions)
    outcome = Outcome(plan=plan, moved=tuple(op.function.arn for op in functions))
    assert read(plan)["functions"]["moved"] == read(plan, outcome)["functions"]["moved"] == ["checkout"]


def test_arns_are_those_of_the_newest_versions_by_name_and_region() -> None:
    plan, outcome = everything()
    arns = read(plan, outcome)["arns"]
    assert set(arns) == {"http", "data", "old"}
    assert arns["http"][REGION].endswith(":layer:http:2")
    assert "http" not in read(plan)["arns"], "what is not published has no ARN"


def test_an_affected_layer_tells_its_version_and_why() -> None:
    row, *_ = layer_rows(*everything())
    assert row == {
        "name": "http",
        "target": "3.12 arm64",
        "region": REGION,
        "affected": True,
        "reason": "requests 2.31.0 → 2.32.3",
        "bump": "minor",
        "version": "1.1.0",
        "previous": "1.0.0",
        "number": 2,
        "zipped": 1_000_000,
        "unzipped": 3_000_000,
        "digest": make_content(seed="two").digest,
    }


def test_every_row_has_the_same_keys() -> None:
    rows = layer_rows(*everything())
    assert len(rows) == 5
    assert len({tuple(row) for row in rows}) == 1


@pytest.mark.parametrize("stays", [make_unchanged, make_superseded])
def test_a_layer_that_stays_has_one_row_for_each_target(stays: Callable[..., LayerOperation]) -> None:
    spec = make_spec(layer_name="http-{architecture}", targets=(ARM_312, X86_312))
    names = ("http-arm64", "http-x86_64")
    rows = layer_rows(make_plan([stays(spec, layer_name=name) for name in names]), None)
    assert [row["target"] for row in rows] == ["3.12 arm64", "3.12 x86_64"]


def test_a_plan_without_aws_claims_no_version() -> None:
    [row] = layer_rows(make_plan([make_publication(region="", previous=None, bump=Bump.MINOR)]), None)
    assert (row["version"], row["previous"], row["number"], row["bump"]) == ("", "", None, "minor")


def test_a_size_that_nobody_knows_is_null() -> None:
    [row] = layer_rows(make_plan([make_publication(size=Unknown(reason="no Range"))]), None)
    assert row["zipped"] is row["unzipped"] is None


def test_the_matrix_has_a_leg_for_each_target_on_a_runner_of_its_architecture() -> None:
    spec = make_spec(targets=(ARM_312, X86_312))
    regions = [make_publication(make_content(spec), region=region) for region in (REGION, EAST)]
    leg = {"layer": "http", "runtime": "python3.12", "sources": ""}
    assert matrix_legs(make_plan(regions)) == [
        {**leg, "architecture": "arm64", "runs-on": "ubuntu-24.04-arm"},
        {**leg, "architecture": "x86_64", "runs-on": "ubuntu-24.04"},
    ]


def test_a_leg_names_what_it_has_to_build() -> None:
    source = Source(kind=SourceKind.DIRECTORY, location="libs/native", identity="tree:1")
    lock = make_lock([make_distribution("requests"), make_distribution("native", origin=source)])
    [leg] = matrix_legs(make_plan([make_publication(make_content(lock=lock))]))
    assert leg["sources"] == "native"


def test_a_matrix_never_has_more_legs_than_a_run_may_have_jobs() -> None:
    publications = [make_publication(make_content(make_spec(f"layer{number}"))) for number in range(300)]
    assert len(read(make_plan(publications))["matrix"]["include"]) == 256
