"""A plan as a file: written by `plan --out`, read by `publish --plan`, and refused if anything in it was edited."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from layer_action.errors import InputError, Location
from layer_action.formats.digest import layer_digest
from layer_action.formats.values import UnreadableValueError, from_json, to_json
from layer_action.model.layer import LayerContent
from layer_action.model.plan import FunctionOperation, LayerOperation, Plan, PublishLayer, Unchanged
from layer_action.record import replace

_FORMAT: Final = "lambda-layer-action plan 1"


def encode(plan: Plan, *, root: Path | None = None) -> Iterator[bytes]:
    """Yield a plan as JSON, with a checksum. It holds no secret: addresses of code, and credentials in URLs, stay out.

    Files below `root` (the checkout) are written relative to it, so that another machine finds its own.
    """
    public = replace(plan, functions=tuple(_public(operation) for operation in plan.functions))
    body = to_json(public, root=root)
    document = {"format": _FORMAT, "sha256": _checksum(body), "plan": body}
    yield from map(str.encode, json.JSONEncoder(indent=1).iterencode(document))
    yield b"\n"


def decode(data: bytes, *, file: str = "plan file", root: Path | None = None) -> Plan:
    """Read a plan back. Raises InputError when it is not one of ours, was edited, or contradicts its own digests."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused(file, f"it is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _refused(file, f"it is not in the format `{_FORMAT}`")
    if document.get("sha256") != _checksum(document.get("plan")):
        raise _refused(file, "it was changed after it was written")
    try:
        plan = from_json(document.get("plan"), Plan, root=root)
    except UnreadableValueError as error:
        raise _refused(file, str(error)) from error
    if not isinstance(plan, Plan):
        raise _refused(file, "it holds no plan")
    for content in map(_content, plan.layers):
        if content and content.digest != _digest(content):
            raise _refused(file, f"the digest of `{content.layer_name}` is not that of its packages and files")
    return plan


def _public(operation: FunctionOperation) -> FunctionOperation:
    """Leave out where a function's code can be downloaded from: the address is a key that works for ten minutes."""
    return replace(operation, function=replace(operation.function, code_location=""))


def _content(operation: LayerOperation) -> LayerContent | None:
    return operation.content if isinstance(operation, PublishLayer | Unchanged) else None


def _digest(content: LayerContent) -> str:
    return layer_digest(spec=content.spec, targets=content.targets, lock=content.lock, own_files=content.own_files)


def _checksum(body: object) -> str:
    state = hashlib.sha256()
    for piece in json.JSONEncoder(sort_keys=True, separators=(",", ":")).iterencode(body):
        state.update(piece.encode())
    return state.hexdigest()


def _refused(file: str, why: str) -> InputError:
    return InputError(
        f"The plan cannot be used: {why}.",
        hint="Write it again with `plan --out FILE`; a plan file is not to be edited.",
        location=Location(file),
    )
