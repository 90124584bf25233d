"""`rollback`: functions go back, stay there, and nobody else's change is lost."""

import signal
from pathlib import Path

import pytest
from semver import Version

from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AccessDeniedError, AmbiguousError, InputError, InterruptedRunError, WrongAccountError
from layer_action.model.function import FunctionAlias
from layer_action.model.layer import Rollout
from layer_action.model.plan import HeldFunction, Outcome, Plan, SkippedFunction
from layer_action.ports.services import Unavailable
from layer_action.rollout.apply import ApplyOptions
from layer_action.rollout.journal import Journal
from layer_action.rollout.runs import net_changes
from tests.factories import ACCOUNT, REGION, make_function, make_layer_arn, make_spec
from tests.fakes import Stage, make_services
from tests.journals import read_journal
from tests.rollout.shop import Shop

HTTP = make_layer_arn("http")
FOREIGN = "arn:aws:lambda:eu-central-1:580247275435:layer:LambdaInsightsExtension:38"


@pytest.fixture
def stage() -> Stage:
    """Three versions; functions on the newest."""
    stage = Stage()
    for number, version in enumerate(("1.0.0", "1.1.0", "2.0.0"), start=1):
        stage.store.seed("http", number, version)
    for name in ("cart", "search"):
        stage.functions.add(make_function(name, [FOREIGN, HTTP.version(3)]))
    return stage


def plan(stage: Stage, to: str | None = None, journal: Path | None = None) -> Plan:
    request = RollbackRequest(regions=(REGION,), to=Version.parse(to) if to else None, journal=journal)
    return plan_rollback(stage.services(), make_spec(), request)


def go(stage: Stage, to: str | None = None, journal: Path | None = None) -> Outcome:
    return roll_back(
        stage.services(),
        plan(stage, to, journal),
        journal=Journal(None, account=ACCOUNT),
        options=ApplyOptions(in_flight=1),
    )


def test_without_a_version_functions_go_to_the_one_before(stage: Stage) -> None:
    outcome = go(stage)
    assert outcome.error is None
    assert len(outcome.moved) == 2
    assert stage.functions.layers("cart") == (FOREIGN, HTTP.version(2))


def test_functions_go_to_the_version_asked_for(stage: Stage) -> None:
    go(stage, "1.0.0")
    assert stage.functions.layers("search") == (FOREIGN, HTTP.version(1))


def test_a_function_that_is_there_or_before_stays(stage: Stage) -> None:
    stage.functions.add(make_function("old", [HTTP.version(1)]))
    planned = plan(stage, "1.1.0")
    assert [op.function.name for op in planned.repoints] == ["cart", "search"]


def test_a_version_that_somebody_else_published_is_told_by_its_number(stage: Stage, tmp_path: Path) -> None:
    """A layer that was adopted goes back to what was there before."""
    stage.store.seed("http", 4, None)
    stage.store.seed("http", 5, "2.1.0")
    cart = stage.functions.add(make_function("cart", [HTTP.version(5)]))
    path = tmp_path / "journal.jsonl"
    with (
        Journal(path, account=ACCOUNT, command="publish") as journal,
        journal.call("set_layers", cart.arn, before=[HTTP.version(4)], after=[HTTP.version(5)]),
    ):
        pass
    (operation,) = plan(stage, journal=path).repoints
    assert [(move.to, move.target) for move in operation.moves] == [(HTTP.version(4), "http:4")]


def test_a_plan_to_roll_back_writes_nothing(stage: Stage) -> None:
    plan(stage)
    assert not stage.calls.writes


def test_what_was_left_is_not_tried_again(stage: Stage) -> None:
    go(stage)
    assert stage.functions.now("cart").tags == {"layer-failed:http": "2.0.0"}


def test_the_next_publish_leaves_the_functions_where_they_are() -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=3)
    assert shop.run().error is None
    request = RollbackRequest(regions=(REGION,))
    planned = plan_rollback(shop.stage.services(), shop.specs[0], request)
    assert roll_back(shop.stage.services(), planned, journal=Journal(None, account=ACCOUNT)).error is None
    before = shop.state()
    shop.run()
    assert shop.state() == before
    shop.require("http", "1.2.0")
    assert shop.run().error is None
    assert shop.stage.functions.layers("f00")[0] == HTTP.version(3)


def test_a_version_that_does_not_exist_is_named_with_those_that_do(stage: Stage) -> None:
    with pytest.raises(InputError, match=r"There is no version 1\.5\.0 of http in eu-central-1") as caught:
        plan(stage, "1.5.0")
    assert caught.value.hint == "There are: 2.0.0, 1.1.0, 1.0.0."


def test_a_version_beyond_the_newest_is_a_mistake_although_every_function_is_before_it(stage: Stage) -> None:
    with pytest.raises(InputError, match=r"There is no version 9\.9\.9 of http in eu-central-1"):
        plan(stage, "9.9.9")


def test_there_must_be_a_version_before() -> None:
    stage = Stage()
    stage.functions.add(make_function("cart", [stage.store.seed()]))
    with pytest.raises(InputError, match=r"no version of http before 1\.0\.0"):
        plan(stage)


def test_a_layer_that_no_function_lists_has_nothing_to_roll_back() -> None:
    stage = Stage()
    stage.store.seed()
    assert not plan(stage).changes_anything
    assert plan(stage).compared_with == "the version before"


def test_held_and_managed_functions_stay(stage: Stage) -> None:
    stage.functions.add(make_function("held", [HTTP.version(3)], tags={"layer:http": "=2.0.0"}))
    stage.functions.add(make_function("stack", [HTTP.version(3)], tags={"aws:cloudformation:stack-name": "shop"}))
    operations = {op.function.name: type(op) for op in plan(stage).functions}
    assert (operations["held"], operations["stack"]) == (HeldFunction, SkippedFunction)


def test_a_foreign_number_stays(stage: Stage) -> None:
    stage.store.seed("http", 4, None)
    stage.functions.add(make_function("own", [HTTP.version(4)]))
    assert "own" not in {op.function.name for op in plan(stage, "1.0.0").functions}


def test_alarms_do_not_hold_a_rollback_up(stage: Stage) -> None:
    stage.functions.alarms = {"errors": True}
    spec = make_spec(rollout=Rollout(alarms=("errors",), bake=30.0))
    planned = plan_rollback(stage.services(), spec, RollbackRequest(regions=(REGION,)))
    begun = stage.clock.now()
    assert roll_back(stage.services(), planned, journal=Journal(None, account=ACCOUNT)).error is None
    assert stage.clock.now() - begun < 60


def test_a_function_that_fails_does_not_move_the_others_forward_again(stage: Stage) -> None:
    stage.functions.verdict = lambda name, _: "broken" if name == "search" else ""
    outcome = go(stage)
    assert outcome.error is not None
    assert stage.functions.layers("cart") == (FOREIGN, HTTP.version(2))


def test_a_function_that_cannot_be_tagged_goes_back_all_the_same(stage: Stage) -> None:
    stage.calls.fail = lambda call: AccessDeniedError("No.") if call.operation == "tag" else None
    assert len(go(stage).moved) == 2
    assert "may move it forward again" in stage.console.texts("warning")[0]


def test_an_alias_goes_back_with_its_function() -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=1, rollout=Rollout(alias="live"))
    shop.run()
    planned = plan_rollback(shop.stage.services(), shop.specs[0], RollbackRequest(regions=(REGION,)))
    roll_back(shop.stage.services(), planned, journal=Journal(None, account=ACCOUNT))
    function = make_function("f00").arn
    assert HTTP.version(1) in shop.stage.functions.served(function, "live").layer_arns
    assert isinstance(shop.stage.functions.alias(function, "live"), FunctionAlias)


def test_told_to_stop_no_function_goes_back(stage: Stage) -> None:
    class Stopped:
        signal_number = signal.SIGTERM

        def is_set(self) -> bool:
            return True

    options = ApplyOptions(stop=Stopped())
    outcome = roll_back(stage.services(), plan(stage), journal=Journal(None, account=ACCOUNT), options=options)
    assert isinstance(outcome.error, InterruptedRunError)
    assert not stage.calls.writes


def journalled_run(shop: Shop, path: Path) -> None:
    shop.journal = path
    shop.run()


def test_a_journal_takes_back_what_its_run_moved(tmp_path: Path) -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=3)
    shop.stage.functions.add(make_function("newcomer", [HTTP.version(1)]))
    journalled_run(shop, tmp_path / "journal.jsonl")
    shop.stage.functions.edit_layers("f01", [FOREIGN, HTTP.version(2)])
    shop.stage.functions.edit_layers("f02", [FOREIGN])
    outcome = go(shop.stage, journal=tmp_path / "journal.jsonl")
    assert outcome.error is None
    assert shop.stage.functions.layers("newcomer") == (HTTP.version(1),)
    assert shop.stage.functions.layers("f01") == (FOREIGN, HTTP.version(1))
    assert shop.stage.functions.layers("f02") == (FOREIGN,)


def test_a_journal_of_another_account_is_refused(stage: Stage, tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl", account="999999999999"):
        pass
    with pytest.raises(WrongAccountError, match="999999999999"):
        plan(stage, journal=tmp_path / "journal.jsonl")


def test_of_several_runs_the_last_that_moved_functions_is_taken_back(tmp_path: Path) -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=2)
    journal = tmp_path / "journal.jsonl"
    journalled_run(shop, journal)
    shop.require("http", "1.2.0")
    journalled_run(shop, journal)
    journalled_run(shop, journal)
    planned = plan(shop.stage, journal=journal)
    assert [op.moves[0].to for op in planned.repoints] == [HTTP.version(2)] * 2
    (finding,) = planned.findings
    assert finding.message.startswith("The journal holds 2 runs that moved functions to http. Only the last is taken")
    assert "To go further back: `rollback LAYER --to VERSION`." in finding.message
    assert planned.compared_with.startswith("where the run of 20")


def test_a_rollback_in_the_journal_is_never_taken_back(tmp_path: Path) -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=2)
    journal = tmp_path / "journal.jsonl"
    journalled_run(shop, journal)
    planned = plan(shop.stage, journal=journal)
    with Journal(journal, account=ACCOUNT, command="rollback") as written:
        roll_back(shop.stage.services(), planned, journal=written)
    assert plan(shop.stage, journal=journal).repoints == ()
    assert shop.stage.functions.layers("f00")[0] == HTTP.version(1)


def test_a_journal_that_moved_nothing_of_the_layer_says_so(stage: Stage, tmp_path: Path) -> None:
    with Journal(tmp_path / "j", account=ACCOUNT):
        pass
    planned = plan(stage, journal=tmp_path / "j")
    assert not planned.changes_anything
    assert planned.findings[0].message == "No run in this journal moved a function to http, and left it there."


def test_of_a_journal_shared_by_accounts_only_our_runs_count(tmp_path: Path) -> None:
    shop = Shop(layers=("http",), regions=(REGION,), functions=2)
    journal = tmp_path / "journal.jsonl"
    journalled_run(shop, journal)
    before, after = [HTTP.version(1)], [HTTP.version(2)]
    with Journal(journal, account="999999999999") as other, other.call("set_layers", "f", before=before, after=after):
        pass
    assert len(plan(shop.stage, journal=journal).repoints) == 2


def test_a_journal_whose_old_version_is_gone_says_so(stage: Stage, tmp_path: Path) -> None:
    with Journal(tmp_path / "j", account=ACCOUNT) as journal:
        cart = make_function("cart").arn
        with journal.call("set_layers", cart, before=[FOREIGN, HTTP.version(9)], after=[FOREIGN, HTTP.version(3)]):
            pass
    with pytest.raises(InputError, match="http:9 does not exist any more"):
        plan(stage, journal=tmp_path / "j")


def test_what_a_run_moved_and_put_back_itself_is_no_change(tmp_path: Path) -> None:
    with Journal(tmp_path / "j", account=ACCOUNT) as journal:
        for before, after in (("a", "b"), ("b", "c"), ("c", "a")):
            with journal.call("set_layers", "f", before=[before, "x"], after=[after, "x"]):
                pass
        with journal.call("set_layers", "g", before=["a"], after=["b"]):
            pass
        with pytest.raises(AmbiguousError), journal.call("set_layers", "h", before=["a"], after=["b"]):
            raise AmbiguousError("lost")
        with pytest.raises(AccessDeniedError), journal.call("set_layers", "i", before=["a"], after=["b"]):
            raise AccessDeniedError("no")
    assert net_changes(read_journal(tmp_path / "j")) == {"g": {"b": "a"}, "h": {"b": "a"}}


def test_without_aws_nothing_can_be_rolled_back() -> None:
    services = make_services(functions=Unavailable(reason="there are no credentials"))
    with pytest.raises(InputError, match="there are no credentials"):
        plan_rollback(services, make_spec(), RollbackRequest(regions=(REGION,)))


def test_a_version_that_failed_where_it_could_not_be_taken_back_is_tried_nowhere_else() -> None:
    """The function that remembers it has it still, and so has nothing ahead."""
    shop = Shop(layers=("http",), regions=(REGION,), functions=3)
    assert shop.run(repoint=False).error is None
    shop.stage.functions.edit_layers("f01", [HTTP.version(2), FOREIGN])
    shop.stage.functions.edit("f01", tags={"layer-failed:http": "1.1.0"})
    outcome = shop.run()
    assert (outcome.error, outcome.moved) == (None, ())
    held = [op for op in outcome.plan.functions if isinstance(op, HeldFunction)]
    assert [op.function.name for op in held] == ["f00", "f02"]
    assert held[0].reason == "http 1.1.0 failed or was rolled back, says the tag layer-failed:http of f01"
