"""Failures of one layer on several targets, told as one where they are one, with what differs beside its targets."""

from collections.abc import Iterable, Mapping
from typing import Final

from layer_action.errors import LayerActionError, by_line, each_of
from layer_action.model.target import Target

_TARGET: Final = "\0"  # stands for the target in a text
_PYTHON: Final = "\1"  # stands for its tag, such as cp312, in a hint


def told_once(errors: Mapping[Target, LayerActionError]) -> list[LayerActionError]:
    """Return all failures: those of one kind about the same thing, at the same line, are one."""
    alike: dict[tuple[object, ...], dict[Target, LayerActionError]] = {}
    for target, error in errors.items():
        for problem in each_of(error):
            about = problem.distribution or problem.message.replace(str(target), _TARGET)
            same = (type(problem), str(problem.location), about)
            number = sum(target in found for key, found in alike.items() if key[:-1] == same)
            alike.setdefault((*same, number), {})[target] = problem
    return by_line(_merged(found) for found in alike.values())


def _merged(found: Mapping[Target, LayerActionError]) -> LayerActionError:
    problem = next(iter(found.values()))
    messages = _by_text((target, each.message) for target, each in found.items())
    problem.message = " ".join(text.replace(_TARGET, named(targets)) for text, targets in messages.items())
    problem.hint = "\n".join(_hints(found))
    return problem


def _hints(found: Mapping[Target, LayerActionError]) -> Iterable[str]:
    """Return the lines of all hints, each once; those for some of the targets come first, and say so."""
    lines = _by_text(
        (target, line.replace(_tag(target), _PYTHON))
        for target, each in found.items()
        for line in each.hint.splitlines()
    )
    told: dict[str, list[str]] = {}
    for text, targets in lines.items():
        names = named(targets)
        in_front = "" if len(targets) == len(found) or _TARGET in text else f"{names}: "
        tags = ", ".join(dict.fromkeys(map(_tag, targets)))
        told.setdefault(in_front, []).append(text.replace(_TARGET, names).replace(_PYTHON, tags))
    for_all = told.pop("", [])
    yield from (f"{in_front}{' '.join(texts)}" for in_front, texts in told.items())
    yield from for_all


def _by_text(texts: Iterable[tuple[Target, str]]) -> dict[str, list[Target]]:
    """Map what is said, the target aside, to the targets of which it is."""
    found: dict[str, list[Target]] = {}
    for target, text in texts:
        targets = found.setdefault(text.replace(str(target), _TARGET), [])
        if target not in targets:
            targets.append(target)
    return found


def _tag(target: Target) -> str:
    return f"cp{target.python.replace('.', '')}"


def named(targets: Iterable[Target]) -> str:
    """Return `3.11, 3.12 arm64 and 3.12 x86_64`: an architecture is named once."""
    pythons: dict[str, list[str]] = {}
    for target in targets:
        pythons.setdefault(str(target.architecture), []).append(target.python)
    return " and ".join(f"{', '.join(found)} {architecture}" for architecture, found in pythons.items())
