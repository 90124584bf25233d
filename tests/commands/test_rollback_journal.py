"""`rollback --journal`: what the last run of a journal moved goes back to where that run found it."""

from pathlib import Path

import pytest

from layer_action.commands.rollback import plan_rollback, roll_back
from layer_action.commands.way_back import RollbackRequest
from layer_action.errors import AccessDeniedError, AmbiguousError, InputError, WrongAccountError
from layer_action.model.layer import Rollout
from layer_action.model.plan import HeldFunction
from layer_action.rollout.journal import Journal
from layer_action.rollout.runs import net_changes
from tests.commands.returning import FOREIGN, HTTP, go, plan, three_versions
from tests.factories import ACCOUNT, REGION, make_function, make_layer_arn, make_spec
from tests.fakes import Stage
from tests.journals import read_journal
from tests.rollout.shop import Shop


@pytest.fixture
def stage() -> Stage:
    return three_versions()


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


def test_a_tag_that_does_not_allow_what_somebody_else_published_names_it(stage: Stage, tmp_path: Path) -> None:
    stage.store.seed("http", 4, None)
    stage.store.seed("http", 5, "2.1.0")
    cart = stage.functions.add(make_function("cart", [HTTP.version(5)], tags={"layer:http": "2.x"}))
    path = tmp_path / "journal.jsonl"
    with (
        Journal(path, account=ACCOUNT, command="publish") as journal,
        journal.call("set_layers", cart.arn, before=[HTTP.version(4)], after=[HTTP.version(5)]),
    ):
        pass
    (held,) = (found for found in plan(stage, journal=path).functions if isinstance(found, HeldFunction))
    assert held.reason == "its tag layer:http does not allow http:4"


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


def test_other_layers_that_moved_in_the_same_update_stay(stage: Stage, tmp_path: Path) -> None:
    data = make_layer_arn("data")
    stage.store.seed("data", 2, "1.1.0")
    cart = stage.functions.add(make_function("cart", [HTTP.version(3), data.version(2)]))
    path = tmp_path / "journal.jsonl"
    before, after = [HTTP.version(2), data.version(1)], [HTTP.version(3), data.version(2)]
    with (
        Journal(path, account=ACCOUNT, command="publish") as journal,
        journal.call("set_layers", cart.arn, before=before, after=after),
    ):
        pass
    assert go(stage, journal=path).error is None
    assert stage.functions.layers("cart") == (HTTP.version(2), data.version(2))


def test_a_layer_that_was_renamed_goes_back_to_its_former_name(stage: Stage, tmp_path: Path) -> None:
    former = make_layer_arn("web")
    stage.store.seed("web", 7, "3.0.0")
    cart = stage.functions.add(make_function("cart", [HTTP.version(1)]))
    path = tmp_path / "journal.jsonl"
    with (
        Journal(path, account=ACCOUNT, command="publish") as journal,
        journal.call("set_layers", cart.arn, before=[former.version(7)], after=[HTTP.version(1)]),
    ):
        pass
    spec = make_spec(rollout=Rollout(replaces="web"))
    request = RollbackRequest(regions=(REGION,), journal=path)
    (operation,) = plan_rollback(stage.services(), spec, request).repoints
    assert [(move.before, move.to) for move in operation.moves] == [(HTTP.version(1), former.version(7))]


def test_a_journal_leads_back_to_former_names_of_zips_of_their_own(stage: Stage, tmp_path: Path) -> None:
    former = make_layer_arn("web-python3_12")
    stage.store.seed("http-python3_12", 1)
    stage.store.seed("web-python3_12", 7, "3.0.0")
    new = make_layer_arn("http-python3_12").version(1)
    cart = stage.functions.add(make_function("cart", [new]))
    path = tmp_path / "journal.jsonl"
    with (
        Journal(path, account=ACCOUNT, command="publish") as journal,
        journal.call("set_layers", cart.arn, before=[former.version(7)], after=[new]),
    ):
        pass
    spec = make_spec(layer_name="http-{runtime}", rollout=Rollout(replaces="web-{runtime}"))
    (operation,) = plan_rollback(stage.services(), spec, RollbackRequest(regions=(REGION,), journal=path)).repoints
    assert [(move.before, move.to) for move in operation.moves] == [(new, former.version(7))]


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
