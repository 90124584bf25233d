import pytest

from layer_action.errors import BuildError, Problems
from layer_action.model.layer import Severity
from layer_action.report.problems import from_error, problems
from tests.factories import make_finding, make_plan


@pytest.mark.parametrize(
    ("message", "headline", "rest"),
    [
        ("One sentence", "One sentence", ""),
        ("First. Second.", "First.", "Second."),
        ("numpy 2.4.0 is new. `x` is old.", "numpy 2.4.0 is new.", "`x` is old."),
        ("see a.b for 1.2.3. no new sentence", "see a.b for 1.2.3. no new sentence", ""),
        ("Line one\n  line two\nline three", "Line one", "  line two\nline three"),
        ("", "", ""),
    ],
)
def test_the_first_sentence_is_the_headline(message: str, headline: str, rest: str) -> None:
    (problem,) = from_error(BuildError(message))
    assert (problem.headline, problem.rest) == (headline, rest)


def test_of_a_very_long_sentence_what_stands_before_the_colon_is_the_headline() -> None:
    (problem,) = from_error(BuildError(f"http cannot be resolved: {'a needs b and ' * 30}c. See x."))
    assert problem.headline == "http cannot be resolved:"
    assert problem.rest.startswith("a needs b")
    assert problem.rest.endswith("and c. See x.")


def test_several_errors_are_several_problems() -> None:
    found = from_error(Problems([BuildError("One."), Problems([BuildError("Two."), BuildError("Three.")])]))
    assert [problem.headline for problem in found] == ["One.", "Two.", "Three."]


@pytest.mark.parametrize(
    ("hint", "ways_out"),
    [
        ("Do this.\nOr that.", ("Do this.", "Or that.")),
        ("Write:\npermissions:\n  contents: write", ("Write:\npermissions:\n  contents: write",)),
        ("", ()),
    ],
)
def test_sentences_of_a_hint_are_ways_out_and_what_is_to_be_copied_stays_whole(
    hint: str, ways_out: tuple[str, ...]
) -> None:
    (problem,) = from_error(BuildError("One.", hint=hint))
    assert problem.ways_out == ways_out


def test_the_worst_comes_first() -> None:
    severities = [Severity.NOTICE, Severity.WARNING, Severity.ERROR]
    plan = make_plan(findings=tuple(make_finding(severity=severity, message=severity) for severity in severities))
    assert [problem.severity for problem in problems(plan)] == list(reversed(severities))


def test_a_layer_is_named_only_where_the_message_does_not() -> None:
    plan = make_plan(
        findings=(
            make_finding(message="The layer http is old.", layer="http"),
            make_finding(message="Old.", layer="http"),
            make_finding(message="metadata is old, see data-2 and my_data.", layer="data"),
            make_finding(message="`data` and layers/data/uv.lock are old.", layer="data"),
        )
    )
    assert [problem.subject for problem in problems(plan)] == ["", "http", "data", ""]
