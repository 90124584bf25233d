"""What makes a layer the same one again: the digest of its content, and the hash of its inputs."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import BinaryIO, Final

from layer_action.model.exclusions import meaning
from layer_action.model.layer import Bytecode, LayerSpec
from layer_action.model.lock import Lock
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target
from layer_action.on_disk import Many, in_order, pieces_of

DIGEST_FORMAT: Final = "d1"
INPUTS_FORMAT: Final = "i"
_AT_ONCE: Final = 1 << 16  # bytes


def layer_digest(*, spec: LayerSpec, targets: Sequence[Target], lock: Lock, own_files: OwnFiles) -> str:
    """Return `d1:<32 hex>`, the digest of all that shapes the files below `python/` and what AWS is told of them.

    It is a sha256 over sorted JSON lines, one a fact. Not in it: versions of tools, URLs, names, accounts, regions,
    commits, the text of requirements, any order, and options at their default: none changes what a function imports.
    """
    facts = chain(
        (["target", target.runtime, str(target.architecture)] for target in targets),
        _options(spec),
        (["distribution", *key] for key in contents_key(lock)),
        (["file", path, "755" if executable else "644", sha256] for path, sha256, executable in own_files.contents()),
    )
    as_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
    lines = in_order(as_json(fact).encode() for fact in facts)
    return f"{DIGEST_FORMAT}:{_sha256(line for line, _ in groupby(lines))[:32]}"


def contents_key(lock: Lock) -> tuple[tuple[str, str, str], ...]:
    """Return (name, version, identity) of each distribution, sorted: targets with equal keys can share one artifact.

    With `bytecode` they can only if their Python version is the same too: a `.pyc` belongs to one version.
    """
    return tuple(sorted((found.name, found.version, found.identity) for found in lock.distributions))


def inputs_hash(parts: Mapping[str, Many]) -> str:
    """Return `i:<12 hex>` over named parts (canonical requirements, config, file hashes), whatever their order."""
    return f"{INPUTS_FORMAT}:{_sha256(field for name in sorted(parts) for field in (name.encode(), parts[name]))[:12]}"


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as 64 hex digits."""
    with path.open("rb", buffering=0) as file:
        return sha256_in(file)


def sha256_in(file: BinaryIO) -> str:
    """Return the sha256 of what is left in an open file. hashlib's own way takes longest to make room for much."""
    state = hashlib.sha256()
    while piece := file.read(_AT_ONCE):
        state.update(piece)
    return state.hexdigest()


def _options(spec: LayerSpec) -> list[list[str]]:
    facts: list[list[str]] = []
    if spec.publication.license:
        facts.append(["license", spec.publication.license])
    facts.extend(["exclude", pattern, *meaning(pattern)] for pattern in spec.exclude)
    if spec.bytecode is not Bytecode.NONE:
        facts.append(["bytecode", str(spec.bytecode)])
    if spec.bytecode is Bytecode.IMPORTS:
        facts.extend(["import", module] for module in spec.imports)
    return facts


def _sha256(fields: Iterable[Many]) -> str:
    """Hash fields with their lengths, so that no two lists run into one another."""
    state = hashlib.sha256()
    for field in fields:
        state.update(b"%d:" % len(field))
        for piece in pieces_of(field):
            state.update(piece)
    return state.hexdigest()
