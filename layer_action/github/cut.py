"""Cutting Markdown at a limit so that what is left is still sound: whole lines, whole characters, closed tags."""

import re
from collections.abc import Callable
from typing import Final

_FENCE: Final = re.compile(r"^\s{0,3}(```|~~~)", re.MULTILINE)


def count_bytes(text: str) -> int:
    """Return the size in UTF-8, as the runner measures summaries."""
    return len(text.encode("utf-8", errors="replace"))


def cut_markdown(text: str, limit: int, *, note: str, measure: Callable[[str], int] = len) -> str:
    """Return the text, or as many whole lines of it as fit into `limit` with a closing note.

    Code fences and `<details>` that the cut leaves open are closed. `measure` counts characters (`len`) or bytes
    (`count_bytes`). A first line that is too long by itself is cut within.
    """
    if measure(text) <= limit:
        return text
    ending = f"\n\n_{note}_\n"
    # room for what may have to be closed: a fence and a few nested details
    room = limit - measure(ending) - len("\n```") - 8 * len("\n</details>")
    kept = _lines_that_fit(text, room, measure)
    return kept + _closing(kept) + ending


def _lines_that_fit(text: str, room: int, measure: Callable[[str], int]) -> str:
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        room -= measure(line)
        if room < 0:
            break
        kept.append(line)
    if kept:
        return "".join(kept).rstrip("\n")
    # a character takes at most 4 bytes, whatever is measured
    return text[: max(0, (room + measure(text.splitlines()[0])) // 4)]


def _closing(kept: str) -> str:
    fence = "\n```" if len(_FENCE.findall(kept)) % 2 else ""
    still_open = min(8, max(0, kept.count("<details") - kept.count("</details>")))
    return fence + "\n\n</details>" * still_open
