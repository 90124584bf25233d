"""Why there is no lock, in words that name a line of the user's: uv's proof, and what our own selection refused."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from packaging.utils import canonicalize_name

from layer_action.build.asked import Asking
from layer_action.build.select import Misfit, WrongHash
from layer_action.build.uv import NoSolutionError
from layer_action.errors import Location, ResolutionError
from layer_action.model.layer import LayerSpec
from layer_action.model.target import Target

_CONCLUSION: Final = re.compile(r",? we can conclude that your requirements are unsatisfiable")
_NO_WHEEL: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*?)(?P<version>[=<>!~]\S+)? ha(?:s|ve) no (?:usable wheels|wheels with a matching)"
)
_TAGS_SEEN: Final = re.compile(r"with the following [\w ]*tags?: (?P<tags>[^\n]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_REFUSED: Final = re.compile(r"\b40[13]\b")
_MOST_TAGS: Final = 8


class NoWheelError(ResolutionError):
    """A distribution has no wheel for the target; its source code may be another way."""

    def __init__(self, message: str, *, name: str, hint: str, location: Location | None) -> None:
        """Remember which distribution it is."""
        super().__init__(message, hint=hint, location=location)
        self.name = name


def no_solution(error: NoSolutionError, asking: Asking, spec: LayerSpec, target: Target) -> ResolutionError:
    """Return uv's proof with the line of the first direct requirement in it."""
    return ResolutionError(
        f"{spec.name} cannot be resolved for {target}: {_plain(error.reason, spec)}.",
        location=line_in(error.reason, asking, spec),
        hint=_advice(error.explanation),
    )


def without_wheel(error: NoSolutionError) -> Misfit | None:
    """Return whom uv's proof says to have no wheel, with the tags that uv saw; None if it says something else."""
    match = _NO_WHEEL.search(error.reason)
    if match is None:
        return None
    seen = _TAGS_SEEN.search(error.explanation)
    tags = re.findall(r"`([^`]+)`", seen["tags"]) if seen else []
    version = (match["version"] or "").removeprefix("==")
    return Misfit(name=canonicalize_name(match["name"]), version=version, tags=tuple(tags))


def no_wheel(misfit: Misfit, asking: Asking, spec: LayerSpec, target: Target, newest: str) -> NoWheelError:
    """Return what a version offers, what the target needs, and the newest version that has it ("" if unknown)."""
    which = f"{misfit.name} {misfit.version}".strip()
    needs = f"{target} (glibc {target.glibc[0]}.{target.glibc[1]})"
    has = f"Its wheels are for {_listed(misfit.tags)}." if misfit.tags else "It has source code only."
    ways = []
    if newest:
        ways.append(f"The newest version with a wheel that fits is {newest}: ask for `{misfit.name}=={newest}`.")
    elif misfit.tags:
        ways.append("No version has one: ask its authors, or leave it out of the layer.")
    if not misfit.tags:
        ways.append(f"To run its code and build it, write `build-from-source: [{misfit.name}]`.")
    return NoWheelError(
        f"{which} has no wheel that fits {needs}. {has}",
        name=misfit.name,
        location=line_in(misfit.name, asking, spec),
        hint=" ".join(ways),
    )


def wrong_python(
    asked: tuple[str, str], requires: str, asking: Asking, spec: LayerSpec, target: Target
) -> ResolutionError:
    """Return that the Requires-Python of a (name, version) excludes the target."""
    name, version = asked
    return ResolutionError(
        f"{name} {version} does not support Python {target.python}: it requires Python {requires}.",
        location=line_in(name, asking, spec),
        hint=f"Ask for another version of {name}, or another runtime.",
    )


def wrong_hashes(wrong: Sequence[WrongHash], asking: Asking, spec: LayerSpec) -> list[ResolutionError]:
    """Return one error for each requirement whose hashes are not those of the wheel."""
    return [
        ResolutionError(
            f"The package index tells no sha256 of {each.wheel.filename}.",
            location=line_in(each.name, asking, spec),
            hint="A layer is known by the hashes of its wheels: use an index that tells them.",
        )
        if not each.wheel.sha256
        else ResolutionError(
            f"{each.wheel.filename} has another hash than the requirement demands: sha256:{each.wheel.sha256}.",
            location=line_in(each.name, asking, spec),
            hint=f"If you trust the file, write `--hash=sha256:{each.wheel.sha256}` in that line.",
        )
        for each in wrong
    ]


def line_in(text: str, asking: Asking, spec: LayerSpec) -> Location | None:
    """Return the line of the first direct requirement that a text names, else where the config names the files."""
    lines = asking.lines()
    for match in _NAME.finditer(text):
        if found := _line_of(match.group(), lines):
            return found
    return spec.location("requirements")


def _line_of(word: str, lines: Mapping[str, Location]) -> Location | None:
    return lines.get(canonicalize_name(word))


def _listed(tags: Sequence[str]) -> str:
    more = len(tags) - _MOST_TAGS
    return ", ".join(tags[:_MOST_TAGS]) + (f" and {more} more" if more > 0 else "")


def _advice(explanation: str) -> str:
    if _REFUSED.search(explanation):
        return f"{explanation.rstrip('.')}. Give the login in UV_DEFAULT_INDEX, PIP_INDEX_URL or NETRC."
    return explanation or "Change one of these requirements, or the runtimes of the layer."


def _plain(proof: str, spec: LayerSpec) -> str:
    """Shorten uv's way of proving: the facts, in its order."""
    text = _CONCLUSION.sub("", proof.rstrip("."))
    text = re.sub(r"^Because ", "", text).replace(" And because ", " And ").replace(", we can conclude that", ", so")
    return text.replace("your project", spec.name).replace("you require", f"{spec.name} asks for")
