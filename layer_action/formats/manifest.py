"""The manifest of a build: it names each zip and each lock that lies beside it, and nothing else."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, cast

MANIFEST: Final = "manifest.json"
BEGIN: Final = b'{\n  "artifacts": ['  # somebody else's may be large
PARTIAL: Final = re.compile(r"\.[0-9a-f]{16}\.part")  # what is being written; a killed run leaves it
_OURS: Final = re.compile(r"[A-Za-z0-9_-]+\.zip|pylock\.[A-Za-z0-9_-]+\.toml")


def zip_name(layer_name: str) -> str:
    """Return the name of a layer's zip."""
    return f"{layer_name}.zip"


def lock_name(layer_name: str) -> str:
    """Return the name of a layer's lock as a file of its own."""
    return f"pylock.{layer_name}.toml"


def encode(artifacts: Iterable[Mapping[str, object]], unfinished: Collection[str] = ()) -> bytes:
    """Return a manifest; `unfinished` are the files that a run is about to write."""
    said: dict[str, object] = {"artifacts": list(artifacts)}
    if unfinished:
        said["unfinished"] = sorted(unfinished)
    return json.dumps(said, indent=2).encode() + b"\n"


def names_in(content: bytes) -> list[str]:
    """Return the files that a manifest names, of those that we could have written. Raises ValueError for another's."""
    try:
        said = json.loads(content)
        names = [row[key] for row in said["artifacts"] for key in ("zip", "lock")] + said.get("unfinished", [])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError("This is no manifest of ours.") from error
    return [name for name in cast("list[object]", names) if isinstance(name, str) and _OURS.fullmatch(name)]
