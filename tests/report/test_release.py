from layer_action.model.plan import Outcome
from layer_action.record import replace
from layer_action.report.reporter import MarkdownReporter
from tests.factories import make_layer_version, make_plan, make_spec, make_unchanged
from tests.report import plans

NOTES = MarkdownReporter().release_notes


def test_notes_tell_of_one_layer_only() -> None:
    plan = plans.two_layers()
    outcome = Outcome(
        plan=plan, published=(make_layer_version("http", 15, "1.5.0"), make_layer_version("data", 10, "3.0.0"))
    )
    text = NOTES(plan, outcome, layer="http")
    assert "### http 1.5.0" in text
    assert "layer:http:15" in text
    assert "data" not in text


def test_notes_give_an_arn_for_each_region_and_target() -> None:
    plan = plans.three_regions()
    versions = tuple(
        make_layer_version(op.content.layer_name, 20, "1.5.0", region=op.region) for op in plan.publications
    )
    text = NOTES(plan, Outcome(plan=plan, published=versions), layer="http")
    for version in versions:
        assert f"`{version.version_arn}`" in text


def test_a_release_resumed_after_its_publication_names_the_version_that_exists() -> None:
    current = make_layer_version("http", 15, "1.5.0")
    plan = make_plan([make_unchanged(make_spec(), current=current)])
    text = NOTES(plan, Outcome(plan=plan), layer="http")
    assert "### http 1.5.0" in text
    assert current.version_arn in text


def test_what_could_not_be_published_is_said() -> None:
    outcome = replace(plans.applied(), published=())
    assert "not published" in NOTES(outcome.plan, outcome, layer="http")


def test_functions_are_counted_for_this_layer() -> None:
    outcome = plans.applied()
    assert "3 moved (`checkout-01`, `checkout-02`, `checkout-03`), 1 held, 3 skipped" in NOTES(
        outcome.plan, outcome, layer="http"
    )
