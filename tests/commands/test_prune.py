"""`prune`: never what anything uses, never what cannot be seen."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layer_action.commands.prune import PrunePlan, plan_prune, prune
from layer_action.errors import (
    AccessDeniedError,
    InputError,
    InterruptedRunError,
    MissingResourceError,
    PartialApplyError,
)
from layer_action.inputs import FOLDER
from layer_action.model.function import FunctionAlias
from layer_action.model.layer import LayerSpec, Publication
from layer_action.rollout.journal import Journal
from tests.factories import ACCOUNT, REGION, make_function, make_layer_arn, make_spec
from tests.fakes import FakeRepository, Stage

HTTP = make_layer_arn("http")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Six versions, 1.0.0 to 1.5.0."""
    stage = Stage(repository=FakeRepository(root=tmp_path))
    for number in range(1, 7):
        stage.store.seed("http", number, f"1.{number - 1}.0")
    return stage


def plan(stage: Stage, *, keep: int = 1, spec: LayerSpec | None = None) -> PrunePlan:
    spec = spec or make_spec()
    return plan_prune(stage.services(), [spec], {spec.name: (REGION,)}, keep=keep)


def numbers(found: PrunePlan) -> list[int]:
    return [version.number for version in found.deletions]


def go(stage: Stage, found: PrunePlan) -> list[int]:
    deleted = prune(stage.services(), found, journal=Journal(None, account=ACCOUNT))
    return [version.number for version in deleted]


def test_what_nothing_uses_is_deleted(stage: Stage) -> None:
    assert go(stage, plan(stage, keep=2)) == [4, 3, 2, 1]
    assert [version.number for version in stage.store.all_versions()] == [5, 6]


def test_a_plan_deletes_nothing(stage: Stage) -> None:
    plan(stage)
    assert not stage.calls.writes


def test_what_latest_lists_stays(stage: Stage) -> None:
    stage.functions.add(make_function("cart", [HTTP.version(2)]))
    found = plan(stage)
    assert numbers(found) == [5, 4, 3, 1]
    row = next(row for row in found.rows if row.version.number == 2)
    assert (row.users, row.kept) == (("cart",), "in use")


def test_what_a_published_version_lists_stays_with_its_aliases_named(stage: Stage) -> None:
    cart = make_function("cart")
    stage.functions.add(
        cart,
        aliases=[FunctionAlias(name="live", function_version="1")],
        versions=[make_function("cart", [HTTP.version(3)], arn=f"{cart.arn}:1")],
    )
    found = plan(stage)
    assert 3 not in numbers(found)
    assert next(row for row in found.rows if row.version.number == 3).users == ("cart:1 (live)",)


def test_what_a_parameter_names_stays(stage: Stage) -> None:
    spec = make_spec(publication=Publication(ssm="/layers/{region}/{layer}"))
    name = f"/layers/{REGION}/http"
    stage.parameters.values[name, REGION] = HTTP.version(2)
    found = plan(stage, spec=spec)
    assert numbers(found) == [5, 4, 3, 1]
    row = next(row for row in found.rows if row.version.number == 2)
    assert (row.users, row.kept) == ((f"parameter {name}",), "in use")


def test_the_newest_stay_and_are_said_to(stage: Stage) -> None:
    assert [row.kept for row in plan(stage, keep=2).rows][:3] == ["among the 2 newest"] * 2 + [""]
    assert [row.kept for row in plan(stage, keep=1).rows][:2] == ["the newest", ""]


def test_what_a_template_names_stays(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "template.yaml").write_text(f"Layers:\n  - {HTTP.version(2)}\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "old.yaml").write_text(HTTP.version(1))
    (tmp_path / "other.json").write_text(make_layer_arn("http-extra").version(3))
    found = plan(stage)
    assert numbers(found) == [5, 4, 3, 1]
    assert next(row for row in found.rows if row.version.number == 2).users == ("deploy/template.yaml",)


def test_what_a_template_of_any_size_names_stays(stage: Stage, tmp_path: Path) -> None:
    filling = b"# generated\n" * 250_000
    (tmp_path / "all.json").write_bytes(filling + HTTP.version(2).encode() + filling)
    found = plan(stage)
    assert numbers(found) == [5, 4, 3, 1]
    assert next(row for row in found.rows if row.version.number == 2).users == ("all.json",)


def test_what_a_template_names_that_a_link_leads_to_stays(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "infra.txt").write_text(HTTP.version(2))
    (tmp_path / "infra.yaml").symlink_to("infra.txt")
    (tmp_path / "gone.yaml").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(".")
    assert numbers(plan(stage)) == [5, 4, 3, 1]


def test_an_empty_file_and_a_pipe_name_nothing(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").touch()
    os.mkfifo(tmp_path / "pipe.yaml")
    assert numbers(plan(stage)) == [5, 4, 3, 2, 1]


def test_a_folder_that_cannot_be_read_might_name_any_version(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir(mode=0o000)
    with without_rights(), pytest.raises(InputError, match="cannot be read: Permission denied") as caught:
        plan(stage)
    assert "Nothing is deleted" in caught.value.hint


@contextmanager
def without_rights() -> Iterator[None]:
    """Let root be nobody for a while, for root reads everything."""
    user = os.geteuid()
    os.seteuid(65534 if user == 0 else user)
    try:
        yield
    finally:
        os.seteuid(user)


def test_what_an_earlier_run_wrote_is_no_template(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "plan.json").write_text(HTTP.version(2))
    assert 2 in numbers(plan(stage))


def test_foreign_versions_stay(stage: Stage) -> None:
    stage.store.seed("http", 7, None)
    stage.store.seed("http", 8, "1.6.0")
    assert 7 not in numbers(plan(stage))


def test_what_other_accounts_may_use_stays_whatever_the_config_says_now(stage: Stage) -> None:
    version = next(version for version in stage.store.all_versions() if version.number == 3)
    stage.store.shared[version.version_arn] = Publication(share=("999999999999",))
    found = plan(stage)
    assert numbers(found) == [5, 4, 2, 1]
    row = next(row for row in found.rows if row.version.number == 3)
    assert (row.kept, row.shared_with) == ("shared, and what other accounts use is not seen", ("999999999999",))


def test_a_share_that_the_config_asks_and_no_version_has_keeps_nothing(stage: Stage) -> None:
    sharing = make_spec(publication=Publication(share=("999999999999",)))
    assert numbers(plan(stage, spec=sharing)) == [5, 4, 3, 2, 1]


def test_what_is_shared_goes_where_that_is_asked(stage: Stage) -> None:
    for version in stage.store.all_versions():
        stage.store.shared[version.version_arn] = Publication(share=("o-abcdefghij",))
    assert numbers(plan(stage)) == []
    spec = make_spec()
    found = plan_prune(stage.services(), [spec], {spec.name: (REGION,)}, keep=1, shared=True)
    assert go(stage, found) == [5, 4, 3, 2, 1]


def test_only_of_what_would_go_it_is_asked_who_may_use_it(stage: Stage) -> None:
    stage.functions.add(make_function("cart", [HTTP.version(2)]))
    plan(stage, keep=3)
    asked = {call.resource for call in stage.calls.record if call.operation == "sharers"}
    assert asked == {HTTP.version(3), HTTP.version(1)}


def test_the_newest_version_always_stays(stage: Stage) -> None:
    assert 6 not in numbers(plan(stage, keep=1))
    with pytest.raises(InputError, match="at least 1"):
        plan(stage, keep=0)


def test_aliases_are_asked_only_of_a_function_whose_versions_list_one_of_the_layers(stage: Stage) -> None:
    other = make_layer_arn("other").version(1)
    for name, layer in (("cart", HTTP.version(3)), ("search", other)):
        function = make_function(name, [layer])
        stage.functions.add(function, versions=[make_function(name, [layer], arn=f"{function.arn}:1")])
    stage.functions.add(make_function("till", [HTTP.version(3)]))
    plan(stage)
    assert [call.resource for call in stage.calls.record if call.operation == "aliases"] == [make_function("cart").arn]


def test_a_function_that_is_gone_before_its_aliases_are_asked_is_named_without(stage: Stage) -> None:
    cart = make_function("cart")
    stage.functions.add(cart, versions=[make_function("cart", [HTTP.version(3)], arn=f"{cart.arn}:1")])
    stage.calls.fail = lambda call: MissingResourceError("Gone.") if call.operation == "aliases" else None
    assert next(row for row in plan(stage).rows if row.version.number == 3).users == ("cart:1",)


@pytest.mark.parametrize("operation", ["listed_with_versions", "aliases", "value", "sharers"])
def test_what_cannot_be_seen_is_not_deleted(stage: Stage, operation: str) -> None:
    cart = make_function("cart")
    stage.functions.add(cart, versions=[make_function("cart", [HTTP.version(3)], arn=f"{cart.arn}:1")])
    stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == operation else None
    with pytest.raises(AccessDeniedError):
        plan(stage, spec=make_spec(publication=Publication(ssm="/layers/{layer}")))


def test_what_a_function_took_since_the_plan_stays(stage: Stage) -> None:
    found = plan(stage)
    stage.functions.add(make_function("cart", [HTTP.version(2)]))
    assert go(stage, found) == [5, 4, 3, 1]
    assert "used since the plan was made, by cart." in stage.console.texts("notice")[0]


def test_what_a_version_published_since_the_plan_lists_stays(stage: Stage) -> None:
    """An alias may serve it, though `$LATEST` has moved on."""
    found = plan(stage)
    cart = make_function("cart", [HTTP.version(6)])
    stage.functions.add(cart, versions=[make_function("cart", [HTTP.version(2)], arn=f"{cart.arn}:1")])
    assert go(stage, found) == [5, 4, 3, 1]
    assert "by cart:1." in stage.console.texts("notice")[0]


def test_what_a_parameter_was_turned_back_to_since_the_plan_stays(stage: Stage) -> None:
    spec = make_spec(publication=Publication(ssm="/layers/{layer}"))
    found = plan(stage, spec=spec)
    stage.parameters.values["/layers/http", REGION] = HTTP.version(2)
    assert go(stage, found) == [5, 4, 3, 1]
    assert "by parameter /layers/http." in stage.console.texts("notice")[0]


def test_who_came_to_use_a_version_is_told_in_a_line(stage: Stage) -> None:
    found = plan(stage)
    for number in range(30):
        stage.functions.add(make_function(f"cart-{number:02}", [HTTP.version(2)]))
    go(stage, found)
    assert stage.console.texts("notice")[0].endswith("by cart-00 and 29 more.")


class Stopped:
    signal_number = signal.SIGTERM

    def is_set(self) -> bool:
        return True


def test_told_to_stop_nothing_more_is_deleted(stage: Stage) -> None:
    with pytest.raises(InterruptedRunError, match="0 of 5 versions were deleted"):
        prune(stage.services(), plan(stage), journal=Journal(None, account=ACCOUNT), stop=Stopped())
    assert not stage.calls.writes


def test_what_stops_a_deletion_is_told_with_what_is_gone_already(stage: Stage) -> None:
    found = plan(stage)
    stage.calls.fail = lambda call: (
        AccessDeniedError("No.", hint="Allow it.") if call.operation == "delete" and "http:4" in call.resource else None
    )
    with pytest.raises(
        PartialApplyError, match=r"1 of 5 versions were deleted \(arn:.*:http:5\), then: No\."
    ) as caught:
        go(stage, found)
    assert caught.value.hint == "Allow it. Run again: it goes on with the rest."
    stage.calls.fail = lambda _call: None
    assert go(stage, plan(stage)) == [4, 3, 2, 1]


def test_what_forbids_the_first_deletion_changed_nothing(stage: Stage) -> None:
    found = plan(stage)
    stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == "delete" else None
    with pytest.raises(AccessDeniedError):
        go(stage, found)


def test_a_second_prune_finds_nothing(stage: Stage) -> None:
    go(stage, plan(stage))
    assert numbers(plan(stage)) == []


def test_the_json_holds_no_account(stage: Stage) -> None:
    text = json.dumps(plan(stage).json())
    assert ACCOUNT not in text
    assert json.loads(text)[0]["number"] == 6
