import pytest

from layer_action.errors import ConfigError
from layer_action.model.layer import Bump
from layer_action.model.plan import FailedLayer
from layer_action.record import replace
from layer_action.report.reporter import MarkdownReporter
from layer_action.report.tables import Column, markdown_table, text_table
from layer_action.report.terminal import WIDEST
from layer_action.report.text import terminal
from tests.factories import make_finding, make_plan, make_publication, make_spec
from tests.report import plans
from tests.report.rendering import parsed, rendered

COLUMNS = (Column(title="name", width=6), Column(title="size", right=True), Column(title="note"))


def test_columns_are_aligned_and_cut_and_empty_ones_left_out() -> None:
    table = text_table(COLUMNS, [("a", "1 MB", ""), ("abcdefghi", "100 MB", "")])
    assert table == "  name      size\n  a         1 MB\n  abcde…  100 MB"


def test_a_row_with_a_cell_too_few_is_a_bug() -> None:
    with pytest.raises(ValueError, match="2 cells in a table of 3"):
        markdown_table(COLUMNS, [("a", "b")])


@pytest.mark.parametrize("plan", [plans.two_layers(), plans.failure(), plans.three_regions(), plans.adoption()])
def test_a_plan_fits_a_ci_log(plan: object) -> None:
    text = terminal(plan, None)  # type: ignore[arg-type]
    assert max(map(len, text.splitlines())) <= WIDEST


def test_no_line_ends_in_blanks() -> None:
    assert all(line == line.rstrip() for line in terminal(plans.two_layers(), None).splitlines())


def test_an_apply_tells_arns_and_who_moved() -> None:
    outcome = plans.applied()
    text = MarkdownReporter().terminal(outcome.plan, outcome)
    assert text.startswith("Done: 1 version published, 3 functions moved\n")
    assert "arn:aws:lambda:eu-central-1:123456789012:layer:http:15" in text
    assert "3 functions moved\n" in text


def test_an_apply_without_repointing_tells_who_did_not_move() -> None:
    outcome = replace(plans.applied(), moved=())
    assert "Not moved: 3 functions: checkout-01, checkout-02, checkout-03" in terminal(outcome.plan, outcome)


def test_an_apply_that_published_too_little_says_what_is_missing() -> None:
    outcome = replace(plans.broken_apply(), published=(), failures=(), rolled_back=())
    text = terminal(outcome.plan, outcome)
    assert text.startswith("Not done: stopped by a problem\n")
    assert "Not published: http in eu-central-1" in text


def test_an_apply_of_nothing_says_so() -> None:
    outcome = replace(plans.applied(), plan=plans.nothing_changes(), published=(), moved=(), journal="")
    assert terminal(outcome.plan, outcome).startswith("Done: nothing to do\n")


def test_backticks_that_the_user_wrote_are_shown_as_they_were_written() -> None:
    written = "urllib3==`2`"
    plan = make_plan([FailedLayer(spec=make_spec(), error=ConfigError(f"`{written}` is not a requirement."))])
    reporter = MarkdownReporter()
    assert f"http: `{written}` is not" in reporter.terminal(plan, None)
    for page in (rendered(reporter.comment(plan)), parsed(reporter.html(plan, None))):
        assert f"{written} is not" in page.text


def test_a_plan_that_was_held_against_aws_does_not_say_that_nobody_looked() -> None:
    plan = make_plan([FailedLayer(spec=make_spec(), error=ConfigError("It is wrong."))])
    assert "not looked at" in terminal(plan, None, width=WIDEST * 2)
    assert "not looked at" not in terminal(replace(plan, account="111122223333"), None, width=WIDEST * 2)


def test_a_layer_under_a_new_name_says_how_far_it_moves() -> None:
    renamed = make_publication(previous=None, bump=Bump.MINOR)
    assert "→ 1.1.0 minor" in terminal(make_plan([renamed]), None)


def test_a_name_in_backticks_stays_on_one_line() -> None:
    way = f"{'word ' * 18}`rollback LAYER --journal FILE` takes it back."
    text = terminal(make_plan(findings=[make_finding(ways_out=(way,))]), None)
    assert "`rollback LAYER --journal FILE`" in text


def test_a_text_is_as_wide_as_the_readers_terminal() -> None:
    way = f"{'word ' * 40}end."
    text = MarkdownReporter(width=70).terminal(make_plan(findings=[make_finding(ways_out=(way,))]), None)
    assert max(map(len, text.splitlines())) <= 70
