"""Lines of a requirements file: continuations joined, comments gone, options told apart."""

import codecs
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from layer_action.errors import ConfigError, Location
from layer_action.exhausted import exhausted
from layer_action.record import record

_END: Final = re.compile(r"\r\n?|\n")
_COMMENT: Final = re.compile(r"(?:^|(?<!\s)\s+)#.*$")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHORT: Final = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
    "-i": "--index-url",
    "-f": "--find-links",
}
# a requirement ends where its own options begin; none of them has a short name
_OWN_OPTION: Final = re.compile(r"\s+(?=--[A-Za-z])")


@record
class Line:
    """One logical line. `number` is that of its first physical line, counted from 1.

    `text` is the requirement, "" where the line holds only options; `options` are (long name, value) in order.
    """

    number: int
    text: str
    options: tuple[tuple[str, str], ...] = ()


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-8, or what its byte order mark says. Raises UnicodeDecodeError."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    return content.decode()


def text_of(path: Path, root: Path, hint: str = "Save it as UTF-8.") -> str:
    """Return the text of a file of the repository. Raises ConfigError, with the line where it is none."""
    file = path.relative_to(root).as_posix()
    try:
        return decoded(path.read_bytes())
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{path.name} is not UTF-8 text: {error.reason}.", location=Location(file, line), hint=hint
        ) from error
    except OSError as error:
        raise exhausted(error) or ConfigError(
            f"{path.name} cannot be read: {error.strerror}.",
            location=Location(file),
            hint="Give this user the right to read it.",
        ) from error


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, each with the number of its first physical line.

    A backslash at the end joins the next line, as in pip, but a comment ends with its own line.
    """
    number, parts = 0, [""]
    for count, physical in enumerate(_END.split(text), start=1):
        if parts == [""]:
            number = count
        bare = _COMMENT.sub("", physical)
        goes_on = bare.endswith("\\")
        parts.append(bare.removesuffix("\\"))
        if not goes_on:
            if joined := "".join(parts).strip():
                yield number, joined
            parts = [""]
    if joined := "".join(parts).strip():
        yield number, joined


def parse_line(number: int, joined: str) -> Line:
    """Tell a requirement from its options. Raises ValueError for a quote that does not end."""
    text, *rest = ["", joined] if joined.startswith("-") else _OWN_OPTION.split(joined, maxsplit=1)
    return Line(number=number, text=text.strip(), options=tuple(_options(rest[0] if rest else "")))


def _options(text: str) -> Iterator[tuple[str, str]]:
    words = shlex.split(text)
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        name, has_value, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("--") and len(word) > len("-r") and word[:2] in _SHORT:
            name, has_value, value = word[:2], "=", word[2:].removeprefix("=")
        if not has_value and position < len(words) and not words[position].startswith("-"):
            value = words[position]
            position += 1
        yield _SHORT.get(name, name), value.strip()
