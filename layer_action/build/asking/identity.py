"""All that a layer's inputs hash counts: what is asked for, how the config shapes it, and own files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from layer_action.build.asking.asked import Asking, LockFile
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.lock_text import LOCK_AGAIN, canonical_lock, line_naming, local_places, local_registries
from layer_action.build.asking.project import read_pyproject_of
from layer_action.build.asking.projects import local_identity, with_nested
from layer_action.build.files.places import DISTRIBUTION_FILES, path_below, relative, resolved
from layer_action.build.files.toml import read_toml, table
from layer_action.formats.digest import sha256_of
from layer_action.model.exclusions import meaning
from layer_action.model.layer import LayerSpec
from layer_action.model.own_files import OwnFiles
from layer_action.on_disk import Many, kept


def input_parts(spec: LayerSpec, root: Path, asking: Asking, own: OwnFiles) -> tuple[dict[str, Many], tuple[str, ...]]:
    """Return the named parts of the inputs hash, and the paths of the repository's projects among them.

    `root` must be resolved. Raises ConfigError for a lock that cannot be read.
    """
    sources = with_nested(asking.all_lines(), root)
    parts: dict[str, object] = {
        "requirements": asking.canonical(),
        "config": _config(spec),
        "sources": [[name, one.path, local_identity(root / one.path, root=root)] for name, one in sources.items()],
    }
    named: dict[str, Many] = {name: json.dumps(part, sort_keys=True).encode() for name, part in parts.items()}
    named["own files"] = kept(_own_files(own))
    if folders := asking.folders_of_wheels():
        named["wheels"] = json.dumps([_wheels(root / folder) for folder in folders]).encode()
    paths = [one.path for one in sources.values()]
    for lock in asking.locks:
        more, projects = _lock(root, lock)
        named |= more
        paths += projects
    return named, tuple(dict.fromkeys(paths))


def _own_files(own: OwnFiles) -> Iterator[bytes]:
    """Yield own files as JSON, one after the other: there may be tens of thousands."""
    yield b"["
    for number, facts in enumerate(own.contents()):
        yield b", " * (number > 0) + json.dumps(facts).encode()
    yield b"]"


def _wheels(folder: Path) -> list[list[str]]:
    """Return what `--find-links` offers, which may change below the same names."""
    files = (path for path in sorted(folder.glob("*")) if path.name.endswith(DISTRIBUTION_FILES) and path.is_file())
    return [[path.name, sha256_of(path)] for path in files]


def _lock(root: Path, lock: LockFile) -> tuple[dict[str, bytes], list[str]]:
    """Return what a lock says, with the identity of all of the repository that it names, and the paths of that.

    A uv.lock that is older than its project is told, so what the project asks for counts too.
    """
    file = lock.path
    projects: list[str] = []
    text = text_of(root / file, root, LOCK_AGAIN)
    document = read_toml(text, file, LOCK_AGAIN)
    parts = {f"lock {file}": canonical_lock(document)}
    for place in local_places(document):
        path = path_below(root, (root / file).parent, place, line_naming(place, text, file))
        if not place.endswith(DISTRIBUTION_FILES):
            projects.append(relative(root, path))
        if path.exists():
            parts[f"project {file} {place}"] = local_identity(path, root=root).encode()
    for place in local_registries(document):
        folder = resolved((root / file).parent / place)
        if folder.is_relative_to(root) and folder.is_dir():
            parts[f"wheels {file} {place}"] = json.dumps(_wheels(folder)).encode()
    if lock.is_of_uv:
        parts[f"asks {file}"] = _asks(read_pyproject_of((root / file).parent))
    return parts, projects


def _asks(pyproject: Mapping[str, object]) -> bytes:
    project = table(pyproject, "project")
    asks = [project.get(key) for key in ("dependencies", "optional-dependencies", "requires-python")]
    asks += [pyproject.get("dependency-groups"), table(pyproject, "tool", "uv")]
    return json.dumps(asks, sort_keys=True, default=str).encode()


def _config(spec: LayerSpec) -> dict[str, object]:
    """Return the keys that can change what is in the layer; order counts in none of them."""
    built = spec.build_from_source
    return {
        "targets": sorted(f"{target.runtime}/{target.architecture}" for target in spec.targets),
        "groups": sorted(spec.groups),
        "extras": sorted(spec.extras),
        "exclude": [each for pattern in sorted(spec.exclude) for each in (pattern, *meaning(pattern))],
        "provided": sorted(spec.provided),
        "index-options": str(spec.index_options),
        "build-from-source": built if isinstance(built, str) else sorted(built),
        "bytecode": str(spec.bytecode),
        "imports": sorted(spec.imports),
        "license": spec.publication.license,
    }
