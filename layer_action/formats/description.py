"""The description of a published layer version: who it is, in one line that people and programs read.

`1.5.0 | pandas 2.2.3 -> 2.3.0, +tzdata 2026.1 | d1:<32 hex> i:<12 hex> git:<12 hex>`
"""

import re
from typing import Final

from semver import Version

from layer_action.errors import InputError
from layer_action.model.published import Description

# https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html: Description, 0 to 256 characters.
LIMIT: Final = 256
_CUT: Final = "..."
_SEPARATOR: Final = " | "

_OURS: Final = re.compile(
    r"(?P<version>[0-9A-Za-z.+-]+) \| "
    r"(?:(?P<summary>[ -~]*) \| )?"
    r"(?P<digest>d[1-9]:[0-9a-f]{32}) (?P<inputs>i:[0-9a-f]{12})(?: git:(?P<commit>[0-9a-f]{7,40}))?",
)


def encode(description: Description) -> str:
    """Write a description of at most 256 ASCII characters; only the summary is ever cut, at a comma where it has one.

    Raises InputError when the version alone is too long, ValueError when a digest is malformed: AWS would keep a line
    that no later run recognises.
    """
    commit = f" git:{description.commit[:12]}" if description.commit else ""
    identity = f"{description.digest} {description.inputs_hash}{commit}"
    room = LIMIT - len(str(description.version)) - len(identity) - 2 * len(_SEPARATOR)
    if room < len(_CUT):
        raise InputError(
            f"The version {str(description.version)[:40]}... is too long for a layer's description.",
            hint=f"AWS allows {LIMIT} characters in all; shorten the pre-release or build part of the version.",
        )
    summary = _cut(_plain(description.summary), room)
    text = _SEPARATOR.join(part for part in (str(description.version), summary, identity) if part)
    if decode(text) is None:
        raise ValueError(f"not a description that can be read back: {text}")
    return text


def decode(text: str) -> Description | None:
    """Read a description that `encode` wrote; None for every other text."""
    match = _OURS.fullmatch(text)
    if match is None or len(text) > LIMIT or not Version.is_valid(match["version"]):
        return None
    return Description(
        version=Version.parse(match["version"]),
        summary=match["summary"] or "",
        digest=match["digest"],
        inputs_hash=match["inputs"],
        commit=match["commit"] or "",
    )


def _plain(summary: str) -> str:
    """Keep one line of ASCII without our separator."""
    text = summary.replace("→", "->").replace("|", "/").encode("ascii", "replace").decode("ascii")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(summary: str, room: int) -> str:
    if len(summary) <= room:
        return summary
    kept = summary[: room - len(_CUT)]
    whole, comma, _ = kept.rpartition(", ")
    return (whole + comma if comma else kept) + _CUT
