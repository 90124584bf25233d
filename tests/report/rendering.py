"""Markdown as GitHub shows it: rendered to HTML, then read back as tags and visible text."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_VOID = {"br", "meta", "hr", "img", "input", "link", "rect"}
_QUIET = {"code", "pre", "a"}


@dataclass
class Rendered(HTMLParser):
    """What a browser would see. `loose` is text in which GitHub looks for mentions and issue numbers."""

    tags: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    loose: str = ""
    text: str = ""
    open_tags: list[str] = field(default_factory=list)
    cells_by_row: list[int] = field(default_factory=list)
    tables: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in _VOID:
            self.open_tags.append(tag)
        if tag == "br":
            self.loose += "\n"
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append(0)
        if tag in {"td", "th"}:
            self.tables[-1][-1] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self.open_tags, f"</{tag}> closes nothing"
        assert self.open_tags.pop() == tag, f"</{tag}> out of place"

    def handle_data(self, data: str) -> None:
        self.text += data
        if not _QUIET & set(self.open_tags):
            self.loose += data


def rendered(markdown: str) -> Rendered:
    """Render as CommonMark with tables and raw HTML; every tag must be closed."""
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)
    return parsed(html)


def parsed(html: str) -> Rendered:
    """Read HTML; every tag must be closed."""
    page = Rendered()
    page.feed(html)
    page.close()
    assert not page.open_tags, f"not closed: {page.open_tags}"
    return page


def summons(text: str) -> list[str]:
    """Return what GitHub would turn into a mention or a link to an issue."""
    return re.findall(r"@[A-Za-z0-9][\w-]*|#\d+|\bGH-\d+", text, flags=re.IGNORECASE)
