"""Failures of one layer on several targets, told as one where they are one, with what differs beside its targets."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

from layer_action.errors import LayerActionError, by_line, each_of
from layer_action.model.target import Target, pythons_in_words

# by characters that Unicode keeps out of all texts (its noncharacters)
_TARGET: Final = "\ufdd0"  # stands for the target in a text
_PYTHON: Final = "\ufdd1"  # stands for its tag, such as cp312, in a hint
_MACHINE: Final = "\ufdd2"  # stands for aarch64 there


def told_once(errors: Mapping[Target, LayerActionError]) -> list[LayerActionError]:
    """Return all failures: those of one kind about the same thing, at the same line, are one."""
    alike: dict[tuple[object, ...], dict[Target, LayerActionError]] = {}
    for target, error in errors.items():
        told: Counter[tuple[object, ...]] = Counter()
        for problem in each_of(error):
            about = problem.distribution or problem.message.replace(str(target), _TARGET)
            same = (type(problem), str(problem.location), about)
            alike.setdefault((*same, told[same]), {})[target] = problem
            told[same] += 1
    return by_line(_merged(found) for found in alike.values())


def _merged(found: Mapping[Target, LayerActionError]) -> LayerActionError:
    problem = next(iter(found.values()))
    messages = _by_text((target, each.message.replace(str(target), _TARGET)) for target, each in found.items())
    problem.message = " ".join(text.replace(_TARGET, named(targets)) for text, targets in messages.items())
    problem.hint = "\n".join(_hints(found))
    return problem


def _hints(found: Mapping[Target, LayerActionError]) -> Iterable[str]:
    """Return the lines of all hints in their order, each once; those for some of the targets say so in front."""
    placed = [(place, t, line) for t, each in found.items() for place, line in enumerate(each.hint.splitlines())]
    lines = _by_text((target, _general(line, target)) for _, target, line in sorted(placed, key=itemgetter(0)))
    told: dict[str, list[str]] = {}
    for text, targets in lines.items():
        line, names = _particular(text, targets), named(targets)
        if len(targets) == len(found) or _TARGET in text:
            told[line] = [line]
        else:
            told.setdefault(names, [f"{names}:"]).append(line)
    return map(" ".join, told.values())


def _general(line: str, target: Target) -> str:
    return line.replace(str(target), _TARGET).replace(_tag(target), _PYTHON).replace(target.machine, _MACHINE)


def _particular(line: str, targets: Sequence[Target]) -> str:
    pythons = ", ".join(dict.fromkeys(map(_tag, targets)))
    machines = "/".join(dict.fromkeys(target.machine for target in targets))
    return line.replace(_TARGET, named(targets)).replace(_PYTHON, pythons).replace(_MACHINE, machines)


def _by_text(texts: Iterable[tuple[Target, str]]) -> dict[str, list[Target]]:
    """Map texts to the targets of which they are, each once."""
    found: dict[str, dict[Target, None]] = {}
    for target, text in texts:
        found.setdefault(text, {})[target] = None
    return {text: list(targets) for text, targets in found.items()}


def _tag(target: Target) -> str:
    return f"cp{target.python.replace('.', '')}"


def named(targets: Iterable[Target]) -> str:
    """Return `3.11, 3.12 arm64 and 3.12 x86_64`, `3.9 to 3.14 arm64 and x86_64`: what is the same is said once."""
    minors: dict[str, set[int]] = {}
    for target in targets:
        minors.setdefault(str(target.architecture), set()).add(target.python_version[1])
    architectures: dict[str, list[str]] = {}
    for architecture, found in minors.items():
        architectures.setdefault(", ".join(pythons_in_words(found, "3.")), []).append(architecture)
    return " and ".join(f"{versions} {' and '.join(found)}" for versions, found in architectures.items())
