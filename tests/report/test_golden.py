"""What users read, kept as files."""

import json
from collections.abc import Callable

import pytest

from layer_action.commands.outputs import layer_rows
from layer_action.model.plan import Outcome, Plan
from layer_action.report.reporter import MarkdownReporter
from tests.report import outcomes, plans

PLANS: dict[str, Callable[[], Plan]] = {
    "two_layers": plans.two_layers,
    "nothing_changes": plans.nothing_changes,
    "first_publication": plans.first_publication,
    "adoption": plans.adoption,
    "layer_removed": plans.layer_removed,
    "superseded": plans.superseded,
    "failure": plans.failure,
    "several_failures": plans.several_failures,
    "without_aws": plans.without_aws,
    "unknown_base": plans.unknown_base,
    "three_regions": plans.three_regions,
    "aliases": plans.aliases,
    "unknown_sizes": plans.unknown_sizes,
    "hostile": plans.hostile,
    "fifty_layers": plans.fifty_layers,
}
OUTCOMES: dict[str, Callable[[], Outcome]] = {
    "applied": plans.applied,
    "broken_apply": plans.broken_apply,
    "nothing_to_do": outcomes.nothing_to_do,
    "one_put_back": outcomes.one_put_back,
    "sixty_put_back": outcomes.sixty_put_back,
    "one_held_after_a_failure": outcomes.one_held_after_a_failure,
    "sixty_held_after_a_failure": outcomes.sixty_held_after_a_failure,
    "left_alone": outcomes.left_alone,
    "stopped_while_watching": outcomes.stopped_while_watching,
    "alarm": outcomes.alarm,
    "stop_on_failure": outcomes.stop_on_failure,
    "too_little_time": outcomes.too_little_time,
    "denied": outcomes.denied,
    "rolled_back": outcomes.rolled_back,
    "only_an_alias": outcomes.only_an_alias,
    "published_before": outcomes.published_before,
}
Golden = Callable[[str, str], None]


@pytest.mark.parametrize("name", PLANS)
def test_the_comment_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"comment_{name}.md", MarkdownReporter().comment(PLANS[name]()))


@pytest.mark.parametrize("name", [name for name in PLANS if name != "fifty_layers"])
def test_the_terminal_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    golden(f"terminal_{name}.txt", MarkdownReporter().terminal(PLANS[name](), None))


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_summary_of_an_outcome_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    outcome = OUTCOMES[name]()
    golden(f"summary_{name}.md", MarkdownReporter().summary(outcome.plan, outcome))


@pytest.mark.parametrize("name", OUTCOMES)
def test_the_terminal_of_an_outcome_reads_as_its_golden_file(name: str, golden: Golden) -> None:
    outcome = OUTCOMES[name]()
    golden(f"terminal_{name}.txt", MarkdownReporter().terminal(outcome.plan, outcome))


def test_the_summary_of_a_plan_reads_as_its_golden_file(golden: Golden) -> None:
    golden("summary_two_layers.md", MarkdownReporter().summary(plans.two_layers(), None))


def test_the_comment_on_what_cannot_be_planned_reads_as_its_golden_file(golden: Golden) -> None:
    problems = plans.several_failures().failures[1].error
    text = MarkdownReporter().stopped(problems, environment="staging", commit="0123456789ab" * 3)
    golden("comment_stopped.md", text)


def test_the_release_notes_read_as_their_golden_file(golden: Golden) -> None:
    outcome = plans.applied()
    golden("release_http.md", MarkdownReporter().release_notes(outcome.plan, outcome, layer="http"))


def test_the_layers_output_reads_as_its_golden_file(golden: Golden) -> None:
    rows = layer_rows(plans.several_failures(), None)
    golden("layers_several_failures.json", json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
