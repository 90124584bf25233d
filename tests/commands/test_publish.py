"""Publishing over fakes: what stands in the way, what is asked, what is done, and in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from layer_action.commands.checks import check_plan_file
from layer_action.commands.publish import Published, PublishOptions, publish
from layer_action.errors import AwsError, BuildError, InputError, Location, Problems, WrongAccountError, exit_code_of
from layer_action.model.layer import Severity
from layer_action.model.plan import FailedLayer, Plan
from layer_action.record import replace
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from tests.factories import (
    ACCOUNT,
    COMMIT,
    make_content,
    make_finding,
    make_function,
    make_layer_arn,
    make_plan,
    make_publication,
    make_repoint,
    make_size,
    make_spec,
    make_unchanged,
)
from tests.fakes import Stage

ERROR = make_finding(severity=Severity.ERROR, message="Too large.")


class Shop:
    """A layer at 1.0.0, a function pinned to it, and a plan that moves both on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stage = Stage()
        self.first = self.stage.store.seed()
        function = self.stage.functions.add(make_function(layers=[self.first]))
        self.plan = make_plan([make_publication()], [make_repoint(function)])

    def publish(self, plan: Plan | None = None, **changes: object) -> Published:
        with Journal(self.folder / "journal.jsonl", account=ACCOUNT, commit=COMMIT) as journal:
            options = PublishOptions(directory=self.folder / "build", journal=journal, apply=ApplyOptions())
            return publish(self.stage.services(), plan or self.plan, replace(options, **changes))  # type: ignore[arg-type]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_plan_is_built_published_and_its_functions_moved(shop: Shop) -> None:
    published = shop.publish()
    assert published.outcome is not None
    assert published.outcome.error is None
    assert list(published.artifacts) == ["http"]
    assert shop.stage.functions.layers("checkout") == (make_layer_arn().version(2),)


def test_a_plan_that_changes_nothing_writes_nothing(shop: Shop) -> None:
    published = shop.publish(make_plan([make_unchanged()]))
    assert published.outcome is not None
    assert shop.stage.builder.built == []
    assert shop.stage.calls.record == []


def test_a_plan_with_failures_and_errors_is_refused_with_all_of_them(shop: Shop) -> None:
    failed = FailedLayer(spec=make_spec("data"), error=BuildError("no wheel fits"))
    with pytest.raises(Problems) as caught:
        shop.publish(replace(shop.plan, layers=(*shop.plan.layers, failed), findings=(ERROR, make_finding())))
    assert [problem.message for problem in caught.value.problems] == ["no wheel fits", "Too large."]
    assert exit_code_of(caught.value) == 3
    assert shop.stage.builder.built == []


def test_a_warning_is_refused_only_where_warnings_fail_the_run(shop: Shop) -> None:
    plan = replace(shop.plan, findings=(make_finding(),))
    with pytest.raises(BuildError):
        shop.publish(plan, fail_on=Severity.WARNING)
    assert shop.publish(plan).outcome is not None


def test_what_the_plan_has_told_at_its_line_is_not_told_again_of_the_zip(shop: Shop) -> None:
    found = make_finding(layer="http", distribution="requests")
    shop.stage.builder.sizes["http"] = make_size(findings=(found, make_finding(check="another")))
    told = replace(found, location=Location("pylock.toml", 3), message=f"{found.message} It is in the layer for fun.")
    findings = shop.publish(replace(shop.plan, findings=(told,))).plan.findings
    assert [finding.check for finding in findings] == ["example", "another"]


def test_a_layer_that_cannot_be_built_leaves_all_as_it_was(shop: Shop) -> None:
    shop.stage.builder.failures["http"] = BuildError("a wheel that lies")
    outcome = shop.publish().outcome
    assert outcome is not None
    assert isinstance(outcome.error, BuildError)
    assert shop.stage.calls.writes == []


def test_a_declined_question_changes_nothing(shop: Shop) -> None:
    asked: list[Plan] = []

    def decline(plan: Plan) -> bool:
        asked.append(plan)
        return False

    published = shop.publish(confirm=decline)
    assert published.outcome is None
    assert len(asked) == 1
    assert shop.stage.builder.built == ["http"], "what is asked for is known to work"
    assert shop.stage.calls.writes == []


def test_only_what_changes_aws_is_out_of_a_signals_reach(shop: Shop) -> None:
    order: list[str] = []

    @contextmanager
    def changing() -> Iterator[None]:
        order.append(f"built {shop.stage.builder.built}")
        yield
        order.append(f"{len(shop.stage.calls.writes)} writes")

    def confirm(_plan: Plan) -> bool:
        order.append("asked")
        return True

    shop.publish(confirm=confirm, changing=changing)
    assert order == ["asked", "built ['http']", "2 writes"]


def test_what_aws_refuses_is_in_the_outcome(shop: Shop) -> None:
    shop.stage.calls.fail = lambda call: AwsError("refused") if call.operation == "publish" else None
    outcome = shop.publish().outcome
    assert outcome is not None
    assert outcome.error is not None
    assert exit_code_of(outcome.error) == 4
    assert shop.stage.functions.layers("checkout") == (shop.first,)


# -- a plan from a file ------------------------------------------------------


def check(shop: Shop, plan: Plan, head: str = COMMIT) -> None:
    check_plan_file(plan, store=shop.stage.store, head=head, file="plan.json")


def test_a_plan_of_this_checkout_and_account_raises_nothing(shop: Shop) -> None:
    check(shop, shop.plan)
    check(shop, shop.plan, head="")


def test_a_plan_of_another_commit_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="is of commit 0123456789ab") as caught:
        check(shop, shop.plan, head="f" * 40)
    assert str(caught.value.location) == "plan.json"


@pytest.mark.parametrize("part", ["layers", "functions"])
def test_a_plan_of_another_account_is_refused(shop: Shop, part: str) -> None:
    shop.stage.store.account_id = "999999999999"
    plan = replace(shop.plan, functions=()) if part == "layers" else replace(shop.plan, layers=())
    with pytest.raises(WrongAccountError, match="999999999999"):
        check(shop, plan)


def test_a_plan_made_without_aws_is_refused(shop: Shop) -> None:
    with pytest.raises(InputError, match="without AWS"):
        check(shop, make_plan([make_publication(make_content(), region="", previous=None)]))
