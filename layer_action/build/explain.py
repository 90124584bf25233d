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
    r"(?P<name>[A-Za-z0-9][\w.-]*?)(?P<version>(?:[=<>!~]=?|===)\S+)? has no (?:usable wheels|wheels with a matching)"
)
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?")
_MOST_TAGS: Final = 8


def no_solution(error: NoSolutionError, asking: Asking, spec: LayerSpec, target: Target) -> ResolutionError:
    """Return uv's proof with the line of the first direct requirement in it."""
    proof = error.reason.rstrip(".")
    proof = _CONCLUSION.sub("", proof).replace("you require", f"{spec.name} asks for")
    hint = error.explanation or "Change one of these requirements, or the runtimes of the layer."
    return ResolutionError(
        f"{spec.name} cannot be resolved for {target}: {_lower_because(proof)}.",
        location=line_in(error.reason, asking, spec),
        hint=hint,
    )


def without_wheel(error: NoSolutionError) -> str | None:
    """Return the name that uv's proof says has no wheel; None if the proof says something else."""
    match = _NO_WHEEL.search(error.reason)
    return canonicalize_name(match["name"]) if match else None


def no_wheel(misfit: Misfit, asking: Asking, spec: LayerSpec, target: Target, last: str) -> ResolutionError:
    """Return what a version offers, what the target needs, and the last version that has it ("" if unknown)."""
    which = f"{misfit.name} {misfit.version}".strip()
    needs = f"{target} (glibc {target.glibc[0]}.{target.glibc[1]})"
    has = f"Its wheels are for {_listed(misfit.tags)}." if misfit.tags else "It has source code only."
    ways = [f"The last version with a wheel that fits is {last}: ask for `{misfit.name}<={last}`."] if last else []
    if not misfit.tags:
        ways.append(f"Or allow its code to be run: `build-from-source: [{misfit.name}]`.")
    elif not last:
        ways.append("No version has one: ask its authors, or leave it out of the layer.")
    return ResolutionError(
        f"{which} has no wheel that fits {needs}. {has}",
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


def _lower_because(proof: str) -> str:
    return proof[:1].lower() + proof[1:] if proof.startswith("Because") else proof
