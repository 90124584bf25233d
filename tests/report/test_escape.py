import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layer_action.report.escape import attribute, clean, code, fenced, markdown, plain, prose, spans, web_address
from tests.report.rendering import parsed, rendered, summons

# Mostly what markup is made of, so that random text soon is an attack.
NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("`|\\*_~<>&#@[](){}!:;.,-+='\"/ \n\tabGgHh1")), st.characters(codec="utf-8")
    ),
    max_size=60,
)


def visible_text(text: str) -> str:
    """Text as a reader sees it: zero-width breaks do not show, blanks fold."""
    return re.sub(r"\s+", " ", text.replace("\u200b", "")).strip()


@given(NASTY)
def test_a_name_in_a_paragraph_is_shown_as_it_is(name: str) -> None:
    page = rendered(f"before {markdown(name)} after")
    assert page.tags == {"p"}
    assert visible_text(page.text) == visible_text(f"before {clean(name)} after")


@given(NASTY)
def test_a_name_at_the_start_of_a_line_is_a_name(name: str) -> None:
    page = rendered(f"before\n\n{markdown(name)} after")
    assert page.tags == {"p"}
    assert visible_text(page.text) == visible_text(f"before {clean(name)} after")


@pytest.mark.parametrize("name", ["# x", "- x", "+ x", "1. x", "1) x", "---", "===", "#", "> x", "~~~", "* x"])
def test_a_name_that_looks_like_a_block_is_a_name(name: str) -> None:
    assert rendered(f"before\n\n{markdown(name)}").tags == {"p"}


@given(NASTY)
def test_a_name_in_a_table_cell_stays_in_its_cell(name: str) -> None:
    page = rendered(f"| a | b | c |\n|---|---|---|\n| {markdown(name)} | {code(name)} | {prose(name)} |\n")
    assert page.tables == [[3, 3]]
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@given(NASTY)
def test_a_name_calls_nobody(name: str) -> None:
    for text in (markdown(name), code(name), prose(name)):
        assert not summons(rendered(f"x {text} y").loose)


@given(NASTY)
def test_inline_code_holds_the_text(name: str) -> None:
    page = rendered(f"x {code(name)} y")
    assert visible_text(page.text) == visible_text(f"x {clean(name)} y")
    assert page.tags == {"p", "code"}


@given(NASTY)
def test_a_sentence_has_no_markup_but_code(text: str) -> None:
    assert rendered(f"x {prose(text)} y").tags <= {"p", "code"}


@given(NASTY)
def test_a_sentence_in_bold_ends_where_it_should(text: str) -> None:
    page = rendered(f"**❌ {prose(text)}** rest\n\nnext")
    assert page.tags <= {"p", "strong", "code"}


@pytest.mark.parametrize(
    "name",
    [
        "requests",
        "--index-url",
        "[tool.uv]",
        "`requests`",
        "six `1.0`",
        "urllib3==`2`",
        "-r `a` `b`",
        "certifi`",
        "`certifi",
        "a`b",
        "a ` b",
    ],
)
def test_a_name_in_backticks_is_the_name_as_it_was_written(name: str) -> None:
    parts = list(spans(f"`{name}` is none, write `name>=1.2`."))
    assert parts == [(name, True), (" is none, write ", False), ("name>=1.2", True), (".", False)]


@pytest.mark.parametrize("text", ["a ` b", "it's '`x`' here", "`", "``", "`open", "a`b c"])
def test_backticks_around_no_name_are_text(text: str) -> None:
    assert list(spans(text)) == [(text, False)]


@given(NASTY)
def test_of_a_sentence_only_backticks_are_left_out(text: str) -> None:
    assert "".join(part for part, _ in spans(text)).replace("`", "") == text.replace("`", "")


def test_backticks_without_end_take_no_time() -> None:
    for text in ("`a " * 5_000, "``a` " * 5_000, "a`" * 5_000, "`a` " * 5_000, " `" * 5_000):
        assert list(spans(text))


@given(st.lists(NASTY, max_size=6).map("\n".join))
def test_no_line_ends_a_code_block(text: str) -> None:
    page = rendered(f"before\n\n{fenced(text)}\n\nafter")
    assert page.tags == {"p", "pre", "code"}
    assert page.text.rstrip().endswith("after")


def test_a_long_block_says_how_much_is_cut() -> None:
    assert fenced("a\nb\nc\nd", lines=2) == "```text\na\nb\n… 2 more lines\n```"


@given(NASTY)
def test_html_shows_text_as_it_is(text: str) -> None:
    page = parsed(f'<p title="{attribute(text)}">{attribute(text)}</p>')
    assert page.tags == {"p"}
    assert page.attributes == {"title"}
    assert page.text == clean(text)


@given(NASTY)
def test_an_address_cannot_leave_its_link(text: str) -> None:
    address = web_address(f"https://docs.example/{text}")
    if address:
        page = rendered(f"([changes]({address}))")
        assert [unquote(link) for link in page.links] == [unquote(address)]
        assert page.tags == {"p", "a"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//docs.example",
        "https://",
        "https://user:secret@docs.example/x",
        "https://[docs.example",
        "https://docs.example/" + "x" * 500,
        "",
    ],
)
def test_an_address_that_is_not_of_the_web_is_no_link(address: str) -> None:
    assert web_address(address) == ""


@given(NASTY)
def test_no_word_of_a_log_line_is_a_workflow_command(text: str) -> None:
    line = plain(text)
    assert "##[" not in line
    assert not any(word.startswith("::") for word in line.split())


@pytest.mark.parametrize("text", ["arn:aws:lambda:eu-west-1:123456789012:layer:http:3", "arn:aws:s3:::bucket/key"])
def test_an_arn_can_be_copied_from_a_log(text: str) -> None:
    assert plain(text) == text


def test_invisible_characters_show() -> None:
    assert clean("a\x1b[31m\u202eb\u200bc") == "a\ufffd[31m\ufffdb\ufffdc"


def test_an_address_in_a_sentence_of_ours_stays_a_link_and_in_a_name_it_does_not() -> None:
    assert prose("See https://docs.example/x for more.") == "See https://docs.example/x for more."
    assert markdown("https://evil.example") == "https:&#8203;//evil.example"
