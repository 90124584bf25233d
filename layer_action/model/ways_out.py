"""Ways out for a layer that is too large: what each would save, and what helps where all of them would not do."""

from collections.abc import Iterator
from typing import Final

from layer_action.model.layer import UNZIPPED_LIMIT, LayerContent, LayerSize
from layer_action.model.sizes import size_in_words
from layer_action.record import record

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_IN_THE_RUNTIME: Final = ("boto3", "botocore")


@record
class Bundled:
    """What the runtime has too, how large it is, and what goes with it: what only it needs. Sizes in bytes."""

    names: tuple[str, ...]
    unzipped: int
    saved: int


@record
class _Way:
    """What to do; which distributions the layer would lose by it, or how many bytes of others."""

    text: str
    without: frozenset[str] = frozenset()
    saved: int = 0


def bundled(content: LayerContent, size: LayerSize) -> Bundled:
    """Return what a layer bundles although the runtime has it."""
    sizes = _sizes(size)
    names = tuple(name for name in _IN_THE_RUNTIME if name in sizes)
    gone = content.lock.gone_without(names)
    return Bundled(
        names=names, unzipped=sum(sizes[name] for name in names), saved=sum(sizes.get(name, 0) for name in gone)
    )


def ways_out(content: LayerContent, size: LayerSize) -> tuple[str, ...]:
    """Return what makes a layer smaller, each with what it saves; what else helps where that is not enough."""
    ways = [*_provided(content, size), *_excluded(content, size), *_moved_out(content, size)]
    return (*(way.text for way in ways), *_otherwise(content, size, ways))


def _provided(content: LayerContent, size: LayerSize) -> Iterator[_Way]:
    known = bundled(content, size)
    if known.names:
        yield _Way(
            text=f"`provided: [{', '.join(known.names)}]` in `{content.spec.name}` saves "
            f"{size_in_words(known.saved)}: the runtime has them.",
            without=content.lock.gone_without(known.names),
        )


def _excluded(content: LayerContent, size: LayerSize) -> Iterator[_Way]:
    for preset, saved in size.savings:
        yield _Way(text=f"`exclude: [{preset}]` in `{content.spec.name}` saves {size_in_words(saved)}.", saved=saved)


def _moved_out(content: LayerContent, size: LayerSize) -> Iterator[_Way]:
    """Say what the layer would lose with its heaviest requirement and all that nothing else needs."""
    sizes = _sizes(size)
    gone = {found.name: content.lock.gone_without([found.name]) for found in content.lock.distributions if found.direct}
    if not gone:
        return
    weight = {name: sum(sizes.get(each, 0) for each in names) for name, names in gone.items()}
    heaviest = max(gone, key=lambda name: weight[name])
    others = len(gone[heaviest]) - 1
    with_it = f"{heaviest} and {others} that only it needs" if others else heaviest
    told = size_in_words(weight[heaviest])
    if weight[heaviest] >= UNZIPPED_LIMIT:
        yield _Way(
            text=f"{with_it} are {told}: no layer can hold that. Give the functions that need it a container image.",
            without=gone[heaviest],
        )
    elif len(gone) > 1 and weight[heaviest]:
        yield _Way(
            text=f"Without {with_it} it would be {told} less: move it to a layer of its own.",
            without=gone[heaviest],
        )


def _otherwise(content: LayerContent, size: LayerSize, ways: list[_Way]) -> Iterator[str]:
    """Say what helps besides: a budget can be raised, and what Lambda cannot hold must be split."""
    budget = content.spec.budget
    if size.unzipped < UNZIPPED_LIMIT:
        if budget is not None and size.unzipped > budget:
            yield f"Raise `budget:` in `{content.spec.name}`, up to Lambda's 250 MiB."
        return
    sizes = _sizes(size)
    gone: frozenset[str] = frozenset().union(*(way.without for way in ways))
    saved = sum(sizes.get(name, 0) for name in gone) + sum(way.saved for way in ways)  # some may count twice
    left = size.unzipped - saved
    if left >= UNZIPPED_LIMIT:
        yield (
            (f"All of that saves at most {size_in_words(saved)}, and leaves {size_in_words(left)}. " if ways else "")
            + "Split the layer by what each function needs, or give the functions that need all of it a container "
            f"image: with its layers, a function may have {size_in_words(UNZIPPED_LIMIT)}."
        )


def _sizes(size: LayerSize) -> dict[str, int]:
    return {part.name: part.unzipped for part in size.distributions}
