"""Cutting Markdown."""

from hypothesis import given
from hypothesis import strategies as st

from layer_action.github.cut import count_bytes, cut_markdown

NOTE = "Cut here."
TEXTS = st.lists(st.sampled_from(["| a | b |", "<details>", "</details>", "```", "é😀", "", "word " * 30]), max_size=60)


@given(st.text() | TEXTS.map("\n".join), st.integers(150, 600))
def test_what_is_cut_is_never_above_the_limit_in_characters_or_bytes(text: str, limit: int) -> None:
    assert len(cut_markdown(text, limit, note=NOTE)) <= limit
    assert count_bytes(cut_markdown(text, limit, note=NOTE, measure=count_bytes)) <= limit


@given(TEXTS.map("\n".join), st.integers(150, 600))
def test_whole_lines_are_kept_and_the_note_ends_what_was_cut(text: str, limit: int) -> None:
    cut = cut_markdown(text, limit, note=NOTE)
    if cut == text:
        assert len(text) <= limit
        return
    assert cut.endswith(f"\n\n_{NOTE}_\n")
    kept = cut.removesuffix(f"\n\n_{NOTE}_\n")
    for closing in ("\n\n</details>", "\n```"):
        while kept.endswith(closing) and not (text.startswith(kept + "\n") or text == kept):
            kept = kept.removesuffix(closing)
    assert text.startswith(kept)


def test_open_details_and_fences_are_closed() -> None:
    text = "<details><summary>x</summary>\n\n```\n" + "line\n" * 200
    cut = cut_markdown(text, 400, note=NOTE)
    assert cut.count("<details") == cut.count("</details>")
    assert cut.count("```") == 2


def test_a_text_that_fits_is_left_alone() -> None:
    assert cut_markdown("| a |\n", 1000, note=NOTE) == "| a |\n"


def test_one_enormous_line_is_cut_within() -> None:
    cut = cut_markdown("😀" * 1000, 500, note=NOTE, measure=count_bytes)
    assert cut.startswith("😀")
    assert count_bytes(cut) <= 500
