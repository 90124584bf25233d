"""What uv proves, read for those who asked: which names and versions it speaks of, and what is to be done."""

import re
from collections.abc import Collection
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.spelling import distribution_of
from layer_action.build.refusals import NoSolutionError
from layer_action.build.wheels.select import Misfit
from layer_action.credentials import variables_of_index
from layer_action.formats.pylock import without_credentials

_CONCLUSION: Final = re.compile(r",? we can conclude that your requirements are unsatisfiable")
_NO_WHEEL: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*?)(?P<version>[=<>!~]\S+)? ha(?:s|ve) no "
    r"(?:usable wheels|(?P<seen>wheels with a matching))"
)
_NO_VERSION: Final = re.compile(
    r"there (?:is|are) no versions? of (?P<name>[A-Za-z0-9][\w.-]*?)(?:\[[^\]]*\])?[=<>!~,\s]"
)
_NOT_FOUND: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*) was not found in the package registry")
_INVALID: Final = re.compile(r"has (?:an )?invalid (?:metadata|package format)")
_YANKED: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*?)(?P<version>[=<>!~]\S+)? was yanked")
_TAGS_SEEN: Final = re.compile(
    r"for `(?P<name>[^`]+)`(?: \([^)]*\))? (?:with|on) the following [\w ]+: (?P<tags>`[^`]+`(?:, `[^`]+`)*)"
)
_SOMETHING_ELSE: Final = "another Python or platform"
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_REFUSED: Final = re.compile(r"\b40[13]\b")
_NEAR: Final = 0.8  # one letter of five may differ
_LONGEST_PROOF: Final = 1200  # characters; uv's own may take hundreds of lines


def names_in(text: str) -> dict[str, None]:
    """Return the words of a text that may be names, in their order, normalised."""
    return dict.fromkeys(canonicalize_name(match.group()) for match in _NAME.finditer(text))


def needed_by(name: str, proof: str) -> str:
    """Return who needs a name, as far as a proof says it; "" if it does not."""
    who = rf"(?P<name>[A-Za-z0-9][\w.-]*?)(?:[\[=<>!~]\S*)? depends? on {re.escape(name)}(?![\w-])"
    match = re.search(who, proof)
    return match["name"] if match else ""


def is_refused(error: NoSolutionError) -> bool:
    """Tell whether the index wants a login."""
    return bool(_REFUSED.search(error.explanation))


def unknown_version(error: NoSolutionError) -> str:
    """Return the name of which uv's proof says that there is no such version; "" if it says something else."""
    match = _NO_VERSION.search(error.reason)
    return canonicalize_name(match["name"]) if match else ""


def without_wheel(error: NoSolutionError) -> Misfit | None:
    """Return whom uv's proof says to have no wheel, with what uv saw of tags; None if it says something else."""
    found = list(_NO_WHEEL.finditer(error.reason))
    if not found:
        return None
    # of a name with many versions the proof speaks of each in turn: the last is the newest
    match = [one for one in found if one["name"] == found[0]["name"]][-1]
    hints = {each["name"]: each["tags"] for each in _TAGS_SEEN.finditer(error.explanation)}
    seen = re.findall(r"`([^`]+)`", hints.get(match["name"], "")) or ([_SOMETHING_ELSE] if match["seen"] else [])
    version = (match["version"] or "").removeprefix("==")
    return Misfit(name=canonicalize_name(match["name"]), version=version, tags=(), seen=tuple(seen))


def yanked_version(error: NoSolutionError) -> Misfit | None:
    """Return what uv's proof says to be withdrawn; None if it says something else."""
    match = _YANKED.search(error.reason)
    return match and Misfit(
        name=canonicalize_name(match["name"]), version=(match["version"] or "").removeprefix("=="), tags=()
    )


def advice(error: NoSolutionError, asking: Asking, known: Collection[str]) -> str:
    """Return what to do about a proof. `known` are names that were locked before."""
    if is_refused(error):
        return f"{error.explanation.rstrip('.')}. Give the login in {_place_of_login(error, asking)}."
    if match := _NOT_FOUND.search(error.reason):
        return f"{error.explanation} {_of_unknown(match['name'], error.reason, asking, known)}".strip()
    if _INVALID.search(error.reason):
        return (
            f"{error.explanation.rstrip(' ^.')}. Ask for another version of it, unless the index gives something else "
            "than the wheel, such as a page to log in."
        )
    if _YANKED.search(error.reason):
        return "Ask for another version, or pin the withdrawn one with `==` to have it all the same."
    if "--python-version" in error.explanation:  # an option of uv's
        return "Ask for another version, or another runtime."
    return error.explanation or "Change one of these requirements, or the runtimes of the layer."


def _place_of_login(error: NoSolutionError, asking: Asking) -> str:
    named = (each for each in asking.index_options if each.index)
    refusing = next((each for each in named if without_credentials(each.value) in error.explanation), None)
    return " and ".join(variables_of_index(refusing.index)) if refusing else "UV_DEFAULT_INDEX, PIP_INDEX_URL or NETRC"


def _of_unknown(name: str, proof: str, asking: Asking, known: Collection[str]) -> str:
    """Return what to do about a name that no index has: who writes it decides."""
    index = "A private index is set by UV_DEFAULT_INDEX or PIP_INDEX_URL."
    who = needed_by(name, proof)
    if who and canonicalize_name(name) not in asking.lines():
        path = next((one.path for one in asking.requirements if one.path and one.name == canonicalize_name(who)), "")
        instead = f"correct it in {path}" if path else f"ask for another version of {who}"
        return f"{who} needs it: {instead}, or set the index that has {name}. {index}"
    import difflib  # noqa: PLC0415 - only for a name that nobody knows

    if near := difflib.get_close_matches(canonicalize_name(name), known, n=1, cutoff=_NEAR):
        return f"Before, the layer held {near[0]}: is it that? {index}"
    return f"{distribution_of(canonicalize_name(name)) or f'Check the spelling of {name}.'} {index}"


def plain(proof: str, layer: str) -> str:
    """Shorten uv's way of proving: the facts, in its order."""
    text = _CONCLUSION.sub("", proof.rstrip("."))
    text = re.sub(r"^Because ", "", text).replace(" And because ", " And ").replace(", we can conclude that", ", so")
    text = text.replace(" (reason: )", "")
    text = text.replace("your project", layer).replace("you require", f"{layer} asks for")
    half = _LONGEST_PROOF // 2
    return text if len(text) <= _LONGEST_PROOF else f"{text[:half].rstrip()} […] {text[-half:].lstrip()}"
