import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layer_action.model.function import Unknown
from layer_action.model.plan import Outcome, Plan, Reason
from layer_action.record import replace
from layer_action.report.allowance import characters, encoded
from layer_action.report.comment import marker
from layer_action.report.reporter import MarkdownReporter
from layer_action.report.summary import LIMIT, summary
from tests.factories import make_plan, make_publication, make_reason, make_spec
from tests.report import parts, plans
from tests.report.rendering import Rendered, rendered, summons
from tests.report.strategies import PLANS, TEXT, outcomes


@pytest.fixture
def release() -> Plan:
    publication = parts.http_publication(changes=(), reason=Reason(text="released as 2.0.0"))
    return make_plan([publication])


TAGS = {
    *("h3", "h4", "p", "br", "b", "strong", "code", "pre", "a", "sub", "ul", "li", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
REPORTER = MarkdownReporter()
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_harmless(page: Rendered) -> None:
    assert page.tags <= TAGS
    assert page.attributes <= {"href", "open", "style", "class"}
    assert all(link.startswith(("https://", "http://")) for link in page.links)
    assert not summons(page.loose)
    for table in page.tables:
        assert len(set(table)) == 1, "every row has as many cells as the header"


@QUICK
@given(PLANS, TEXT, st.sampled_from([2_500, 6_000, 65_536]))
def test_a_comment_is_harmless_whole_and_below_its_limit(plan: Plan, environment: str, limit: int) -> None:
    text = REPORTER.comment(plan, environment=environment[:40], limit=limit)
    assert characters(text) < limit
    assert text.startswith(marker(environment[:40]) + "\n")
    assert_harmless(rendered(text))


def test_a_release_of_the_same_packages_says_so_once(release: Plan) -> None:
    text = REPORTER.comment(release, environment="", limit=65_536)
    said = "the same packages as http:14 (1.4.2); released as 2.0.0"
    assert f"\n\n<b>http</b>: {said}\n\n" in text
    assert "<details" not in text
    notes = REPORTER.release_notes(release, Outcome(plan=release), layer="http", limit=125_000)
    assert f"**Packages**: {said}\n" in notes


def test_a_layer_whose_packages_before_are_unknown_is_not_said_to_hold_the_same() -> None:
    unread = make_publication(changes=Unknown(reason="denied"), reason=make_reason("differs from http:1 (1.0.0)"))
    text = REPORTER.comment(make_plan([unread]), environment="", limit=65_536)
    assert "differs from http:1 (1.0.0)" in text
    assert "same packages" not in text
    assert "no package changes" not in text


@QUICK
@given(outcomes())
def test_a_summary_is_harmless_and_whole(outcome: Outcome) -> None:
    text = REPORTER.summary(outcome.plan, outcome)
    assert encoded(text) < LIMIT
    assert_harmless(rendered(text))


@QUICK
@given(outcomes(), st.sampled_from([3_000, 125_000]))
def test_release_notes_are_harmless_whole_and_below_their_limit(outcome: Outcome, limit: int) -> None:
    layers = {operation.spec.name for operation in outcome.plan.publications} or {"http"}
    for layer in layers:
        text = REPORTER.release_notes(outcome.plan, outcome, layer=layer, limit=limit)
        assert characters(text) < limit
        assert_harmless(rendered(text))


@QUICK
@given(outcomes())
def test_no_line_of_a_terminal_text_is_a_workflow_command(outcome: Outcome) -> None:
    text = REPORTER.terminal(outcome.plan, outcome) + REPORTER.terminal(outcome.plan, None)
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_fifty_layers_fit_and_say_what_is_cut() -> None:
    text = REPORTER.comment(plans.fifty_layers())
    assert characters(text) < 65_536
    assert "layer-49" in text
    assert "more packages not shown" in text
    assert "Shortened to fit" in text
    assert_harmless(rendered(text))


@pytest.mark.parametrize("limit", [60_000, 20_000, 8_000, 3_000, 1_000])
def test_a_comment_gives_up_functions_and_packages_before_layers_and_problems(limit: int) -> None:
    plan = replace(plans.fifty_layers(), findings=(parts.over_budget(),))
    text = REPORTER.comment(plan, limit=limit)
    assert characters(text) < limit
    assert "50 of 50 change, 1 problem" in text
    assert ("report-builder" in text) == (limit > 1_000)
    assert ("layer-49" in text) == (limit >= 8_000)
    assert_harmless(rendered(text))


def test_a_short_plan_is_not_cut() -> None:
    assert "not shown" not in REPORTER.comment(plans.two_layers())
    assert "Shortened" not in REPORTER.comment(plans.two_layers())


def test_the_summary_is_cut_by_bytes() -> None:
    text = summary(plans.fifty_layers(), None, limit=30_000)
    assert encoded(text) < 30_000
    assert "Shortened to fit" in text


def test_the_marker_of_one_environment_is_no_part_of_another() -> None:
    names = ["", "prod", "prod-eu", "prod eu", "-->", "pröd"]
    comments = {name: REPORTER.comment(plans.nothing_changes(), environment=name) for name in names}
    for name in names:
        assert [other for other in names if marker(name) in comments[other]] == [name]
        assert marker(name).count(">") == 1


def test_an_environment_is_named_in_the_heading() -> None:
    assert "### Lambda layers, production: nothing changes" in REPORTER.comment(
        plans.nothing_changes(), environment="production"
    )


def test_a_plan_without_layers_says_so() -> None:
    assert "none declared" in REPORTER.comment(make_plan())


def test_functions_left_behind_move_though_no_layer_changes() -> None:
    plan = make_plan(parts.unchanged("http"), [parts.repoint("checkout", "http")])
    assert "no layer changes, 1 function moves" in REPORTER.comment(plan)


def test_equal_findings_of_several_regions_are_told_once() -> None:
    plan = replace(plans.two_layers(), findings=(parts.over_budget(), parts.over_budget()))
    assert REPORTER.comment(plan) == REPORTER.comment(plans.two_layers())


def test_summary_and_comment_of_a_plan_say_the_same() -> None:
    comment = REPORTER.comment(plans.two_layers()).splitlines()[1:-1]
    assert comment == REPORTER.summary(plans.two_layers(), None, on_merge=True).splitlines()


def test_the_summary_of_a_plan_without_a_pull_request_speaks_of_no_merge() -> None:
    assert "<b>On apply 5 functions move</b>" in REPORTER.summary(plans.two_layers(), None)


def test_a_plan_of_which_nothing_could_be_planned_does_not_say_that_nothing_changes() -> None:
    failed = plans.failure().failures[0]
    text = REPORTER.comment(make_plan([failed, *parts.unchanged("http")]), limit=65_536)
    assert "### Lambda layers: 1 of 2 cannot be planned, 1 problem\n" in text


def test_where_not_all_layers_fit_those_with_a_problem_come_first() -> None:
    plan = plans.fifty_layers(packages=1)
    failed = replace(plans.failure().failures[0], spec=make_spec("zzz"))
    text = REPORTER.comment(replace(plan, layers=(*plan.layers, failed)), limit=3_000)
    table = text.split("\n\n")[0].splitlines()
    assert table[4].startswith("| ❌ **zzz**")
    assert "more rows are not shown" in text
