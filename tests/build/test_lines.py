"""Lines of requirement files, whatever they hold."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from layer_action.build.asking.lines import decoded, logical_lines, parse_line

LINES = st.lists(st.sampled_from(["requests>=2", "idna", "six==1.0 --hash=sha256:aa", "attrs[x] ; python_version>'3'"]))


@given(LINES, st.randoms(use_true_random=False))
def test_comments_blank_lines_and_order_do_not_show(lines: list[str], chance: Any) -> None:
    noisy = []
    for line in chance.sample(lines, len(lines)):
        noisy += ["", "# a word", f"  {line}  # why"]
    assert canonical_of("\n".join(lines)) == canonical_of("\r\n".join(noisy)) == canonical_of("\r".join(noisy))


def canonical_of(text: str) -> list[str]:
    lines = [parse_line(number, joined) for number, joined in logical_lines(text)]
    return sorted({f"{line.text} {line.options}" for line in lines})


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for number, joined in logical_lines(text):
        try:
            line = parse_line(number, joined)
        except ValueError:
            continue
        assert line.text or line.options
        assert 1 <= number <= text.count("\n") + text.count("\r") + 1


@given(st.text(st.characters(codec="utf-8")))
def test_text_survives_its_encoding(text: str) -> None:
    assert decoded(text.encode("utf-8-sig")) == text
