"""Layer version ARNs written in a repository's own files: found, and raised to the newest version. Pure, on bytes."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from layer_action.model.published import LayerArn
from layer_action.record import record

# What may stand neither right before nor right after an ARN that is written out: it would be part of another one.
_BEFORE: Final = rb"(?<![A-Za-z0-9_:/-])"
_AFTER: Final = rb"(?![A-Za-z0-9_:-])"
# What an ARN has before `layer:`; pattern.search ends where that begins.
_WRITTEN_OUT: Final = re.compile(rb"arn:[a-z0-9-]+:lambda:[a-z0-9-]+:[0-9]{12}:\Z")
_LONGEST: Final = 100  # bytes before `layer:`


@record
class PinnedPlace:
    """One occurrence of a layer version ARN in a file. `line` counts from 1; both ARNs are whole."""

    file: str
    line: int
    before: str
    after: str


@record
class PinFileChange:
    """A file with its pins raised: all other bytes are as they were."""

    file: str
    content: bytes
    places: tuple[PinnedPlace, ...]


@record
class BuiltPin:
    """An older version in an ARN that a template puts together, such as `!Sub`. `line` counts from 1."""

    file: str
    line: int
    layer_name: str
    number: int


def raise_pins(files: Mapping[str, bytes], newest: Collection[str]) -> tuple[PinFileChange, ...]:
    """Raise every older version of a layer to its newest, in files by path; return those that change, by path.

    `newest` holds layer version ARNs. Only ARNs that are written out count, and only of exactly that layer: same
    partition, region, account and name. A number that is not smaller stays: pins never go backwards. Raises ValueError
    for a text in `newest` that is no layer version ARN.
    """
    targets = _targets(newest)
    if not targets:
        return ()
    layers = b"|".join(re.escape(layer) for layer in sorted(targets, key=len, reverse=True))
    pattern = re.compile(_BEFORE + b"(?P<layer>" + layers + rb"):(?P<number>[0-9]+)" + _AFTER)
    changes = (_raised(file, files[file], pattern, targets) for file in sorted(files))
    return tuple(change for change in changes if change.places)


def built_pins(files: Mapping[str, bytes], newest: Collection[str]) -> tuple[BuiltPin, ...]:
    """Return the older versions of the layers that no ARN is written out for: whose they are is not in the file.

    `newest` holds layer version ARNs. Raises ValueError for a text in it that is none.
    """
    numbers: dict[bytes, int] = {}
    for layer, number in _targets(newest).items():
        name = layer.rpartition(b":")[2]
        numbers[name] = max(number, numbers.get(name, 0))
    if not numbers:
        return ()
    names = b"|".join(re.escape(name) for name in sorted(numbers, key=len, reverse=True))
    pattern = re.compile(rb"(?<![A-Za-z0-9_-])layer:(?P<name>" + names + rb"):(?P<number>[0-9]+)" + _AFTER)
    found: list[BuiltPin] = []
    for file in sorted(files):
        content = files[file]
        for match in pattern.finditer(content):
            name, number = match["name"], int(match["number"])
            whole = _WRITTEN_OUT.search(content, max(0, match.start() - _LONGEST), match.start())
            if number < numbers[name] and not whole:
                line = content.count(b"\n", 0, match.start()) + 1
                found.append(BuiltPin(file=file, line=line, layer_name=name.decode("ascii"), number=number))
    return tuple(found)


def _targets(newest: Collection[str]) -> dict[bytes, int]:
    targets: dict[bytes, int] = {}
    for version_arn in newest:
        split = LayerArn.of_version(version_arn)
        if split is None:
            raise ValueError(f"no layer version ARN: {version_arn!r}")
        layer, number = split
        key = str(layer).encode("ascii")
        targets[key] = max(number, targets.get(key, 0))
    return targets


def _raised(file: str, content: bytes, pattern: re.Pattern[bytes], targets: Mapping[bytes, int]) -> PinFileChange:
    places: list[PinnedPlace] = []

    def replace(match: re.Match[bytes]) -> bytes:
        layer, written = match["layer"], match[0]
        number = targets[layer]
        if int(match["number"]) >= number:
            return written
        raised = b"%s:%d" % (layer, number)
        line = content.count(b"\n", 0, match.start()) + 1
        places.append(PinnedPlace(file=file, line=line, before=written.decode("ascii"), after=raised.decode("ascii")))
        return raised

    return PinFileChange(file=file, content=pattern.sub(replace, content), places=tuple(places))
