"""Names come from pull requests: what keeps each of them a name, in Markdown, HTML and a log."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, urlsplit

# Code points that move the cursor, hide text or turn its direction: nothing a name needs.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_MARKDOWN: Final = re.compile(r"[\\`*\[\]<>|~$&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What makes a heading, list or rule of a line that starts with it.
_LINE_START: Final = re.compile(r"^(\d+)?((?(1)[.)]|[-#+=]))(?=\s|[-#=]|$)")
# GitHub links these wherever they stand in rendered text, even when written as entities; a zero-width space stops it.
_AUTOLINK: Final = r"@(?=[A-Za-z0-9])|#(?=\d)|\b[Gg][Hh]-(?=\d)"
_ADDRESS: Final = r"\bwww(?=\.)|:(?=//)"
_BREAK: Final = "&#8203;"
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
_TICKS: Final = re.compile("`+")
_DEPTH: Final = 8  # of backticks in backticks: what nests deeper is no name
_COMMAND: Final = re.compile(r"(?<!\S)::+")
_URL_LIMIT: Final = 500
_LINE_LIMIT: Final = 400


def clean(text: str) -> str:
    """Return one line of visible text: blanks are folded."""
    return visible(_BLANKS.sub(" ", text)).strip()


def visible(text: str) -> str:
    """Return text with U+FFFD in place of characters that cannot be seen."""
    return _INVISIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


def markdown(text: str, *, addresses: bool = False) -> str:
    """Return text for a paragraph, table cell or `<summary>` that GitHub shows as it is: no markup, mention or link.

    Web addresses become links only where `addresses` says so.
    """
    entities = _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", clean(text))
    entities = _LINE_START.sub(lambda match: f"{match[1] or ''}&#{ord(match[2])};", entities)
    linked = _AUTOLINK if addresses else f"{_AUTOLINK}|{_ADDRESS}"
    # The entities just made are stepped over: the `#42` in one is no issue.
    return re.sub(f"&#\\d+;|({linked})", lambda match: match[0] + (_BREAK if match[1] else ""), entities)


def code(text: str) -> str:
    """Return text as inline code. HTML, because a code span cannot hold every text inside a table cell."""
    line = clean(text)
    if line and not re.search(r"[`|\\<>&]", line):
        return f"`{line}`"
    return "<code>" + re.sub(r"[^\w ,;+()=-]|_", lambda match: f"&#{ord(match[0])};", line) + "</code>"


def spans(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a sentence of ours, and whether each is a name: those in backticks, which are left out.

    A name may hold backticks of its own: those that open and close inside of it, or stand at its edge, are the name's.
    """
    end = 0
    for run in _TICKS.finditer(text):
        if run.start() < end or not _opens(text, run):
            continue
        if after := _end_of_name(text, run):
            if run.start() > end:
                yield text[end : run.start()], False
            yield text[run.start() + 1 : after - 1], True
            end = after
    if end < len(text):
        yield text[end:], False


def prose(text: str) -> str:
    """Return a sentence of ours, as Markdown: names in backticks stay code, all else is literal."""
    return "".join(code(part) if is_name else _keep_edges(part) for part, is_name in spans(text)).strip()


def fenced(text: str, *, lines: int = 40) -> str:
    """Return text as a code block that no line inside can end; at most so many lines, the first ones."""
    kept = [visible(line.rstrip().expandtabs(4))[:_LINE_LIMIT] for line in re.split(r"\r?\n|\r", text)]
    if len(kept) > lines:
        kept = [*kept[:lines], f"… {len(kept) - lines} more lines"]
    longest = max((len(run) for line in kept for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *kept, fence])


def web_address(text: str) -> str:
    """Return an http(s) address that can stand in a Markdown link or an `href`; "" for anything else."""
    address = clean(text)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or len(address) > _URL_LIMIT:
        return ""
    return quote(address, safe="/:?#=&%+,~-._")


def attribute(text: str) -> str:
    """Return text for HTML content or a quoted attribute, in one line."""
    return markup(clean(text))


def markup(text: str) -> str:
    """Return text for HTML; the standard library's `html` loads all named entities for it, half a MB."""
    return text.translate(_MARKUP)


def plain(text: str) -> str:
    """Return one line for a log; wherever it is wrapped, no part of it is a command to the workflow runner.

    The runner takes `::` at the start of a line and `##[` anywhere.
    """
    return _COMMAND.sub(lambda match: " ".join(match[0]), clean(text)).replace("##[", "# #[")


def _end_of_name(text: str, opening: re.Match[str]) -> int:
    """Return where a name ends that begins with these backticks: behind those that close them, 0 where nothing does."""
    depth, closing, inside = len(opening[0]), 0, 0
    line_end = text.find("\n", opening.end())
    for run in _TICKS.finditer(text, opening.end(), len(text) if line_end < 0 else line_end):
        if _closes(text, run):
            depth -= len(run[0])
            closing = closing or run.end()
            if depth <= 0:
                return run.end()
        elif _opens(text, run):
            depth += len(run[0])
            if depth > _DEPTH:
                break
        else:
            inside = inside or run.end()
    return closing or inside


def _opens(text: str, run: re.Match[str]) -> bool:
    before, after = text[max(run.start() - 1, 0) : run.start()], text[run.end() : run.end() + 1]
    return bool(after.strip()) and not (before.isalnum() or before in {"_", "'", '"'})


def _closes(text: str, run: re.Match[str]) -> bool:
    before, after = text[max(run.start() - 1, 0) : run.start()], text[run.end() : run.end() + 1]
    return bool(before.strip()) and not (after.isalnum() or after == "_")


def _keep_edges(text: str) -> str:
    """Escape the text between two code spans without losing the blanks beside them."""
    if not text.strip():
        return " " if text else ""
    return (" " if text[0].isspace() else "") + markdown(text, addresses=True) + (" " if text[-1].isspace() else "")
