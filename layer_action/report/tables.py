"""Tables, as Markdown (cells already escaped) and as aligned text (cells raw)."""

from collections.abc import Sequence

from layer_action.record import record
from layer_action.report.escape import clean, markdown, plain


@record
class Column:
    """A column: `right` for numbers; a text table cuts its cells at `width` characters."""

    title: str
    right: bool = False
    width: int = 40


def markdown_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> str:
    """Return a GitHub table; every row must have as many cells as there are columns."""
    lines = ["| " + " | ".join(column.title for column in columns) + " |"]
    lines.append("|" + "|".join("--:" if column.right else "---" for column in columns) + "|")
    lines += ["| " + " | ".join(cell or " " for cell in _checked(row, columns)) + " |" for row in rows]
    return "\n".join(lines)


def text_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: str = "  ") -> str:
    """Return aligned columns, two blanks apart; columns that are empty in every row are left out."""
    cells = [
        [cut(plain(cell), column.width) for cell, column in zip(_checked(row, columns), columns, strict=True)]
        for row in rows
    ]
    used = [at for at in range(len(columns)) if any(row[at] for row in cells)]
    table = [[columns[at].title for at in used], *([row[at] for at in used] for row in cells)]
    widths = [max(len(row[at]) for row in table) for at in range(len(used))]
    lines = []
    for row in table:
        padded = [
            cell.rjust(width) if columns[at].right else cell.ljust(width)
            for cell, width, at in zip(row, widths, used, strict=True)
        ]
        lines.append((indent + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def cut(text: str, width: int) -> str:
    """Return at most `width` characters; the last tells that there were more."""
    return text if len(text) <= width else text[: width - 1] + "…"


def cell(text: str, *, width: int = 80) -> str:
    """Return a name as Markdown. Metadata may hold whole licences where others hold three letters."""
    return markdown(cut(clean(text), width))


def _checked(row: Sequence[str], columns: Sequence[Column]) -> Sequence[str]:
    if len(row) != len(columns):
        message = f"a row of {len(row)} cells in a table of {len(columns)} columns"
        raise ValueError(message)
    return row
