"""What Poetry packs although git ignores it: `include`, whose meaning changed with its version 2."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from layer_action.build.files.toml import array, table
from layer_action.build.wheels.pep508 import readable

_CORE: Final = "poetry-core"
_SECOND: Final = Version("2")
_WHEEL: Final = "wheel"


def included_by_poetry(folder: Path, pyproject: Mapping[str, object]) -> Iterator[str]:
    """Yield the paths below a project that `include` names for wheels; of a folder all that is in it, from 2 on.

    What names no format is for wheels too before that.
    """
    is_first = any(map(_is_before_second, array(table(pyproject, "build-system").get("requires"))))
    for item in array(table(pyproject, "tool", "poetry").get("include")):
        said = item if isinstance(item, dict) else {"path": item}
        formats = said.get("format", [_WHEEL] if is_first else [])
        if _WHEEL not in (formats if isinstance(formats, list) else [formats]):
            continue
        with suppress(ValueError, NotImplementedError, IndexError):  # for poetry to say
            for path in folder.glob(str(said.get("path"))):
                name = path.relative_to(folder).as_posix()
                yield from [name] if is_first else [name, f"{name}/"]


def _is_before_second(requirement: object) -> bool:
    """Tell whether a requirement of a build wants an older poetry-core: pip takes the newest that it allows."""
    need = readable(str(requirement))
    if need is None or canonicalize_name(need.name) != _CORE:
        return False
    return any(map(_rules_out_second, need.specifier))


def _rules_out_second(limit: Specifier) -> bool:
    try:
        version = Version(limit.version.removesuffix(".*"))
    except InvalidVersion:
        return False
    pins = limit.operator in ("==", "===", "~=", "<=") and version.major < _SECOND.major
    return pins or (limit.operator == "<" and version <= _SECOND)
