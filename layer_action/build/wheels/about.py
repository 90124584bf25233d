"""What a wheel's METADATA says of its licence, its changelog, its Pythons and its needs."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Final

from layer_action.build.wheels.members import unsafe
from layer_action.build.wheels.placement import Placement
from layer_action.errors import BadZipError, BuildError
from layer_action.formats.zipdir import Member, read_member
from layer_action.formats.zipend import Read
from layer_action.model.lock import normalised_name
from layer_action.record import record

_CHANGELOGS: Final = frozenset({"changelog", "changes", "releasenotes", "whatsnew", "history", "news", "releases"})
_LONGEST_LICENSE: Final = 80  # characters; older projects put the whole text into the field
LARGEST_METADATA: Final = 1 << 20  # bytes; with a long README in it, METADATA has some 200 000
SOME: Final = "a distribution"  # where nobody says which
_LONGEST_NEED: Final = 1 << 14  # characters; long markers have some thousand
_README: Final = re.compile(r"\n\r?\n")
_CLASSIFIER: Final = "License :: "
_NAME: Final = re.compile(r"[A-Za-z0-9]+(?:[-_.]+[A-Za-z0-9]+)*")  # PEP 508, as a requirement begins


@record(kw_only=False)
class About:
    """Words for a report; "" where METADATA is silent. `pythons` are those that it is for, such as `>=3.9`.

    `needs` are the names of all that it needs on any Python and machine, for itself or for any of its extras.
    """

    license: str
    changelog: str
    pythons: str
    needs: tuple[str, ...]


def about_wheel(read: Read, placement: Placement, filename: str) -> About:
    """Read what a wheel says of itself. Raises UnsafeWheelError where it says nothing, or too much."""
    metadata = placement.metadata("METADATA")
    if metadata is None:
        raise unsafe(filename, "holds no METADATA")
    return about(read_metadata(read, metadata, filename), filename)


def read_metadata(read: Read, member: Member, filename: str) -> bytes:
    """Return METADATA or WHEEL. Raises UnsafeWheelError where it is too large, or broken."""
    if member.uncompressed > LARGEST_METADATA:
        raise unsafe(
            filename, f"has {member.uncompressed} bytes of metadata in {member.name}; {LARGEST_METADATA} are enough"
        )
    try:
        return read_member(read, member)
    except BadZipError as error:
        raise unsafe(filename, f"has metadata that cannot be read: {error.message.rstrip('.')}") from error


def about(metadata: bytes, of: str = SOME) -> About:
    """Read the headers of METADATA; its format is that of mail, without what makes mail hard."""
    found = list(headers(metadata.decode("utf-8", "replace"), of))
    licenses = {name: value for name, value in found if name.startswith("license") and len(value) <= _LONGEST_LICENSE}
    classified = [value.rpartition(" :: ")[2] for name, value in found if name == "classifier" and _CLASSIFIER in value]
    named = licenses.get("license-expression") or licenses.get("license") or ", ".join(classified)
    pythons = next((value for name, value in found if name == "requires-python"), "")
    needs = {
        normalised_name(name[0]) for key, value in found if key == "requires-dist" and (name := _NAME.match(value))
    }
    return About("" if named == "UNKNOWN" else named, next(_changelogs(found), ""), pythons, tuple(sorted(needs)))


def headers(text: str, of: str = SOME) -> Iterator[tuple[str, str]]:
    """Yield names, in lower case, and values of the headers of METADATA or WHEEL; a README behind them is not read.

    Raises BuildError, which names what they are `of`, for needs in more words than anybody writes: to parse them takes
    minutes.
    """
    name, value = "", ""
    end = _README.search(text)
    head = text[: end.start()] if end else text  # a StringIO has four bytes a letter
    for line in StringIO(head, newline=None):  # lines end as those of mail do, not as `splitlines` has it
        if line[0] in " \t":
            value += line.rstrip("\n")
            continue
        if name:
            yield name, _bounded(name, value, of)
        name, colon, value = line.partition(":")
        if not colon:  # what follows is no header either
            return
        name = name.lower()
    if name:
        yield name, _bounded(name, value, of)


def _bounded(name: str, value: str, of: str) -> str:
    if len(value) > _LONGEST_NEED and name.startswith("requires"):
        raise BuildError(
            f"The metadata of {of} has {len(value)} characters of {name.title()} in one header; "
            f"{_LONGEST_NEED} are enough.",
            hint="Ask for another version of it.",
        )
    return value.strip()


def _changelogs(found: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in found:
        if name == "project-url":
            label, _, url = value.partition(",")
            plain = "".join(letter for letter in label.lower() if letter.isalnum())
            url = url.strip()
            if plain in _CHANGELOGS and url.startswith(("https://", "http://")):
                yield url
