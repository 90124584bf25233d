"""Requirements as uv is told them."""

import re
from collections.abc import Mapping
from typing import Final

from packaging.requirements import Requirement

from layer_action.build.asking.asked import Asked
from layer_action.build.sources.origin import Origin

_OTHER_HASH: Final = re.compile(r"(?:md5|sha(?!256=)\d+)=")


def without_marker(need: Requirement) -> str:
    """Return what a distribution needs as a line that always applies."""
    extras = f"[{','.join(sorted(need.extras))}]" if need.extras else ""
    return f"{need.name}{extras} @ {need.url}" if need.url else f"{need.name}{extras}{need.specifier}"


def line_of(asked: Asked, origins: Mapping[str, Origin]) -> str:
    """Return a requirement as uv gets it: sources are replaced by a wheel that holds their metadata."""
    requirement = asked.requirement
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    origin = origins.get(asked.name)
    if origin or requirement.url:
        return f"{asked.name}{extras} @ {origin.url if origin else _told(requirement.url or '')}"
    return f"{asked.name}{extras}{requirement.specifier}"


def _told(url: str) -> str:
    """Return an URL with no hash in it but a sha256: of others uv would tell no sha256."""
    address, _, fragment = url.partition("#")
    kept = "&".join(part for part in fragment.split("&") if not _OTHER_HASH.match(part))
    return f"{address}#{kept}" if kept else address
