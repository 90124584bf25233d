"""What the wheels of a version are for, in few words: `cp39 to cp312 on manylinux_2_17_x86_64, macosx_11_0_arm64`."""

import re
from collections.abc import Collection, Iterable
from typing import Final

from layer_action.model.target import Target, pythons_in_words

_MOST_PLATFORMS: Final = 8
# one wheel says the same in two ways (PEP 600)
_ALIASES: Final = (
    ("manylinux2014", "manylinux_2_17"),
    ("manylinux2010", "manylinux_2_12"),
    ("manylinux1", "manylinux_2_5"),
)
_LAMBDA: Final = re.compile(r"any|manylinux.*_(x86_64|aarch64)")
_OF_LAMBDA: Final = re.compile(r"(py|cp)\d+(-abi3|-none)?")  # neither PyPy nor a free-threaded Python
_MINOR: Final = re.compile(r"cp3(\d+)")


def offered(tags: Iterable[str]) -> str:
    """Return the Pythons and platforms of wheels' tags, whatever target asks: those of Lambda, if there are any."""
    pythons: dict[str, set[str]] = {}
    for tag in tags:
        interpreter, abi, platform = tag.split("-")
        pythons.setdefault(platform, set()).add(_python(interpreter, abi))
    platforms = sorted(_once(pythons))
    near = [platform for platform in platforms if _LAMBDA.fullmatch(platform)]
    groups: dict[str, list[str]] = {}
    for platform in (near or platforms)[:_MOST_PLATFORMS]:
        known = {python for python in pythons[platform] if not near or _OF_LAMBDA.fullmatch(python)}
        groups.setdefault(_listed(known or pythons[platform]), []).append(platform)
    more = len(platforms) - sum(map(len, groups.values()))
    told = "; ".join(f"{python} on {', '.join(same)}" for python, same in groups.items())
    return f"{told} and {more} other platform{'s' if more > 1 else ''}" if more else told


def taken(target: Target) -> str:
    """Return a sentence on the wheels that a target takes; it says the same to as many targets as can be."""
    major, minor = target.glibc
    python = f"cp{target.python.replace('.', '')}"
    return (
        f"It would take wheels for {python}, abi3 or py3, and for manylinux_{major}_{minor}_{target.machine} "
        "or older, or for any platform."
    )


def _python(interpreter: str, abi: str) -> str:
    if abi in ("none", interpreter):
        return interpreter
    return abi if abi.startswith(interpreter) else f"{interpreter}-{abi}"


def _once(platforms: Collection[str]) -> list[str]:
    return [
        platform
        for platform in platforms
        if not any(old in platform and platform.replace(old, alias) in platforms for old, alias in _ALIASES)
    ]


def _listed(pythons: Iterable[str]) -> str:
    minors = [int(match[1]) for python in pythons if (match := _MINOR.fullmatch(python))]
    others = sorted(python for python in pythons if not _MINOR.fullmatch(python))
    return ", ".join([*pythons_in_words(minors, "cp3"), *others])
