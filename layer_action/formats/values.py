"""Our nouns as JSON and back: records by their names, read only as what their field's type allows."""

import types
from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote, urlsplit, urlunsplit

from semver import Version

from layer_action.errors import InterruptedRunError, LayerActionError, Location, Problems
from layer_action.model.lock import Wheel
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.record import Shape, shape

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

# The key that tells which class an object is of; no tag of AWS may hold a dollar sign.
_KIND: Final = "$is"
_ROOT: Final = "{root}/"
_FILE: Final = "file://"
_NOTHING: Final = object()
_OTHERWISE_MADE: Final = (Problems, InterruptedRunError)  # than of a message and a hint
_EXACT: Final = 1 << 53  # whole numbers below it are floats too; seconds are far fewer


class UnreadableValueError(ValueError):
    """JSON that is not what the type it is read as allows."""


def to_json(value: object, *, root: Path | None = None) -> Json:
    """Return a noun (or anything its fields may hold) as JSON. Paths below `root` are written relative to it."""
    found: Json
    match value:
        case Enum():
            found = value.name
        case None | bool() | str() | int() | float():
            found = value
        case Version():
            found = str(value)
        case Path():
            found = _path_to_json(value, root)
        case LayerActionError():
            found = _error_to_json(value)
        case Mapping():
            found = {str(key): to_json(item, root=root) for key, item in value.items()}
        case OwnFiles():
            found = _own_files_to_json(value, root)
        case list() | tuple():
            found = [to_json(item, root=root) for item in value]
        case _ if known := shape(type(value)):
            named = {name: _field_to_json(value, name, root) for name in known.fields}
            found = {_KIND: type(value).__name__, **named}
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")
    return found


def from_json(value: object, kind: object, *, root: Path | None = None) -> object:
    """Return JSON as a value of a class, union, tuple, mapping or literal type. Raises UnreadableValueError."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _union_from_json(value, arguments, root)
    if origin is tuple and isinstance(value, list):
        kinds = arguments[:1] * len(value) if arguments[1:] == (...,) else arguments
        if len(kinds) == len(value):
            return tuple(from_json(item, kind, root=root) for item, kind in zip(value, kinds, strict=True))
    elif origin is Literal and value in arguments:
        return value
    elif isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, dict) and _KIND not in value:
        return {key: from_json(item, arguments[1], root=root) for key, item in value.items()}
    elif isinstance(kind, type) and origin is None:
        return _class_from_json(value, kind, root)
    raise UnreadableValueError(f"{_shown(value)} is not {kind}")


def _class_from_json(value: object, kind: type, root: Path | None) -> object:
    found: object = _NOTHING
    match value:
        case dict() if issubclass(kind, LayerActionError):
            found = _error_from_json(value)
        case dict() if value.get(_KIND) == kind.__name__ and (known := shape(kind)):
            found = _record_from_json(value, kind, known, root)
        case str() if issubclass(kind, Enum) and value in kind.__members__:
            found = kind[value]
        case str() if kind is Version and Version.is_valid(value):
            found = Version.parse(value)
        case str() if issubclass(kind, Path):
            found = _path_from_json(value, root)
        case int() | float() if kind is float and not isinstance(value, bool) and abs(value) < _EXACT:
            found = float(value)
        case dict() if kind is OwnFiles:
            found = _own_files_from_json(value, root)
        case str() | bool() | int() | None if type(value) is kind:
            found = value
        case _:
            pass
    if found is _NOTHING:
        raise UnreadableValueError(f"{_shown(value)} is not a {kind.__name__}")
    return found


def _own_files_to_json(own: OwnFiles, root: Path | None) -> dict[str, Json]:
    """Write each file as a line, for there may be tens of thousands; their folders come first."""
    folders: dict[Path, int] = {}
    files: list[Json] = []
    for file in own:
        flags = f"{'x' if file.executable else '-'}{'p' if file.is_pointer else '-'}"
        folder = folders.setdefault(file.source.parent, len(folders))
        files.append(f"{file.sha256} {file.size} {flags} {folder} {file.path}")
    return {"folders": [_path_to_json(folder, root) for folder in folders], "files": files}


def _own_files_from_json(value: Mapping[str, object], root: Path | None) -> OwnFiles:
    folders, lines = (from_json(value.get(key), tuple[str, ...]) for key in ("folders", "files"))
    places = [_path_from_json(folder, root) for folder in _texts(folders)]
    try:
        return OwnFiles(_own_file(line, places) for line in _texts(lines))
    except (ValueError, IndexError) as error:
        raise UnreadableValueError(f"{_shown(value)} are no own files") from error


def _own_file(line: str, folders: Sequence[Path]) -> OwnFile:
    sha256, size, flags, folder, path = line.split(" ", 4)
    return OwnFile(
        path=path,
        source=folders[int(folder)] / path.rpartition("/")[2],
        sha256=sha256,
        size=int(size),
        executable="x" in flags,
        is_pointer="p" in flags,
    )


def _texts(found: object) -> list[str]:
    return [text for text in found if isinstance(text, str)] if isinstance(found, tuple) else []


def _record_from_json(value: Mapping[str, object], kind: type, known: Shape, root: Path | None) -> object:
    if value.keys() - {_KIND} != set(known.fields):
        raise UnreadableValueError(f"a {kind.__name__} has other fields than {', '.join(sorted(value))}")
    hints = _hints(kind)
    found = {name: from_json(value[name], hints[name], root=root) for name in known.fields}
    if kind is Wheel and root and isinstance(url := found["url"], str) and url.startswith(_FILE + _ROOT):
        found["url"] = f"{_FILE}{quote(str(root))}/{url.removeprefix(_FILE + _ROOT)}"
    return kind(**found)


@cache
def _hints(kind: type) -> dict[str, object]:
    return get_type_hints(kind, localns={"Version": Version})  # the model names it for types only


def _union_from_json(value: object, kinds: tuple[object, ...], root: Path | None) -> object:
    for kind in kinds:
        try:
            return from_json(value, kind, root=root)
        except UnreadableValueError:
            if isinstance(value, dict) and isinstance(kind, type) and value.get(_KIND) == kind.__name__:
                raise
    raise UnreadableValueError(f"{_shown(value)} is none of {', '.join(getattr(k, '__name__', str(k)) for k in kinds)}")


def _field_to_json(value: object, name: str, root: Path | None) -> Json:
    if isinstance(value, Wheel) and name == "url" and value.url:
        return _url_to_json(value.url, root)
    return to_json(getattr(value, name), root=root)


def _url_to_json(url: str, root: Path | None) -> str:
    """Return a wheel's address without credentials; that of a file of the checkout relative to it."""
    for written in (quote(str(root)), str(root)) if root else ():
        if url.startswith(f"{_FILE}{written}/"):
            return _FILE + _ROOT + url.removeprefix(f"{_FILE}{written}/")
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _path_to_json(path: Path, root: Path | None) -> str:
    if root and path.is_absolute() and path.is_relative_to(root):
        return _ROOT + path.relative_to(root).as_posix()
    return path.as_posix()


def _path_from_json(text: str, root: Path | None) -> Path:
    if text.startswith(_ROOT):
        return (root or Path()) / text.removeprefix(_ROOT)
    return Path(text)


def _error_to_json(error: LayerActionError) -> Json:
    """Write an error as the kind that all modules know: whoever reads it may have loaded no other."""
    if isinstance(error, Problems):
        return {_KIND: "Problems", "problems": [_error_to_json(problem) for problem in error.problems]}
    return {
        _KIND: next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == LayerActionError.__module__),
        "message": error.message,
        "hint": error.hint,
        "location": to_json(error.location),
    }


def _error_from_json(value: Mapping[str, object]) -> LayerActionError:
    """Read an error; what only some classes know (a request id) is not kept."""
    problems = value.get("problems")
    if value.get(_KIND) == "Problems" and isinstance(problems, list):
        return Problems(_error_from_json(problem) for problem in problems if isinstance(problem, dict))
    kind = next((found for found in _classes(LayerActionError) if found.__name__ == value.get(_KIND)), Problems)
    message, hint = value.get("message"), value.get("hint")
    if kind in _OTHERWISE_MADE or not isinstance(message, str) or not isinstance(hint, str):
        raise UnreadableValueError(f"{_shown(value)} is not an error")
    location = from_json(value.get("location"), Location | None)
    return kind(message, hint=hint, location=location if isinstance(location, Location) else None)


def _classes(kind: type[LayerActionError]) -> list[type[LayerActionError]]:
    """Return an error and those below it that all modules know."""
    below = (found for child in kind.__subclasses__() for found in _classes(child))
    return [found for found in (kind, *below) if found.__module__ == LayerActionError.__module__]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."  # noqa: PLR2004 - enough to recognise it
