"""An sdist unpacked where it is built: a folder of pip's has another name each time, and backends write it down."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layer_action import process, strangers
from layer_action.build.asking.project import is_project
from layer_action.build.files.places import resolved
from layer_action.strangers import NOBODY

_TIMEOUT: Final = 120.0  # seconds


def unpacked(sdist: Path, subdirectory: str, env: Mapping[str, str], user: int = NOBODY) -> Path:
    """Unpack an sdist beside itself, as the unprivileged user; return its project's folder, in which one may be named.

    The sdist itself where it is not what PEP 625 asks for, or there is no `tar`: pip sees to that.
    """
    if not sdist.name.endswith(".tar.gz"):
        return sdist
    place = sdist.with_name("unpacked")
    place.mkdir()
    strangers.give_away(place, user)
    try:
        done = process.run(
            ["tar", "-xzf", sdist, "-C", place],  # it writes nothing that lies outside
            env=process.plain_environment(env),
            cwd=place,
            timeout=_TIMEOUT,
            unprivileged=True,
            user=user,
        )
    except (OSError, subprocess.TimeoutExpired):
        return sdist
    found = list(place.iterdir()) if done.code == 0 else []
    if len(found) != 1 or found[0].is_symlink():
        return sdist
    project = resolved(found[0] / subdirectory)
    top = place.resolve()
    inside = all(resolved(path).is_relative_to(top) for path in (project, *project.rglob("*")) if path.is_symlink())
    return project if is_project(project) and project.is_relative_to(top) and inside else sdist
