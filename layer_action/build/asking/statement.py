"""One requirement as written: by name, by URL, or a project of the repository by its path."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from layer_action.build.asking.asked import Asked
from layer_action.build.asking.filling import may_be_address
from layer_action.build.asking.project import is_project, project_name
from layer_action.build.asking.spelling import meant
from layer_action.build.files.places import CORRECT_URL, DISTRIBUTION_FILES, file_name, path_below, relative
from layer_action.build.wheels.pep508 import ENDLESS
from layer_action.errors import ConfigError, Location
from layer_action.model.target import Architecture, Target

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://|git\+ssh:|file:", re.IGNORECASE)
_NAMED_URL: Final = re.compile(rf"[a-z0-9][\w.-]*\s*(\[[^\[\]]*\]\s*)?@\s*({_URL.pattern})", re.IGNORECASE)
_TAIL: Final = re.compile(r"^(?P<place>.*?)(?P<extras>\[[^\[\]]*\])?(?:\s+;(?P<marker>.*))?$")
_URL_HASH: Final = re.compile(r"[#&](?P<kind>md5|sha\d+)=(?P<value>[^&\s\[;]*)", re.IGNORECASE)
_STRONG: Final = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_VERSION: Final = re.compile(r"v?\d[\w.]*|latest")  # npm's way to pin
# git itself refuses a repository of this machine
_SCHEMES: Final = frozenset({"https", "http", "file", "git+https", "git+http", "git+ssh", "git+file"})
_SOME_TARGET: Final = Target(runtime="python3.12", architecture=Architecture.X86_64)
_QUOTED: Final = 200  # characters of a line that an error repeats


def read_statement(
    text: str, *, root: Path, folder: Path, here: Location, hashes: frozenset[str] = frozenset()
) -> Asked:
    """Return what a requirement asks for. Raises ConfigError.

    A path is looked for in `folder`, that of its file, then in `root`, the repository's top. `hashes` are those that
    its options demand; without any, the one in its URL counts.
    """
    if ENDLESS.search(text):
        raise _none(text, "it holds a number without end", here)
    hashes, text = hashes or _hashes_in(text, here), _apart(text)
    if not _is_place(text):
        asked = _requirement(text, here)
        # `name @ ./path` is uv's way of writing it
        if asked.url and (asked.url.startswith("file:") or not _URL.match(asked.url)):
            if _VERSION.fullmatch(asked.url):
                raise ConfigError(f"`{text}` is not a requirement.", location=here, hint=meant(text))
            path = _named_path(asked, root=root, folder=folder, here=here)
            asked.url = None
            return Asked(requirement=asked, location=here, path=relative(root, path), hashes=hashes)
        _check_url(asked.url or "", here)
        _check_name(asked, here)
        return Asked(requirement=asked, location=here, hashes=hashes)
    match = _TAIL.match(text)
    place, extras, marker = match.group("place", "extras", "marker") if match else (text, None, None)
    extras, condition = extras or "", f" ; {marker.strip()}" if marker else ""
    if _URL.match(place) and not place.startswith("file:"):
        _check_url(place, here)
        asked = _requirement(f"{_name_of_url(place, here)}{extras} @ {place}{condition}", here)
        return Asked(requirement=asked, location=here, hashes=hashes)
    path = _local_path(_file_path(place), root=root, folder=folder, here=here)
    name = _name_of_file(path, here) if path.is_file() else project_name(path)
    asked = _requirement(f"{name}{extras}{condition}", here)
    return Asked(requirement=asked, location=here, path=relative(root, path), hashes=hashes)


def _hashes_in(text: str, here: Location) -> frozenset[str]:
    """Return the hashes that an URL demands of its file, as `--hash` writes them."""
    found = frozenset(f"{match['kind']}:{match['value']}".lower() for match in _URL_HASH.finditer(text))
    if found and not any(_STRONG.fullmatch(each) for each in found):
        raise ConfigError(
            f"No hash of this line is a sha256, sha384 or sha512: {min(found)}.",
            location=here,
            hint="A layer is known by the sha256 of its wheels: write `#sha256=` and its 64 digits, or no hash.",
        )
    return found


def _apart(text: str) -> str:
    """Return a statement with a space between its URL and its marker, which pip and uv need not have."""
    place, _, marker = text.rpartition(";")
    if "://" not in place or place.endswith(" "):
        return text
    try:
        return f"{place} ; {Marker(marker)}"
    except InvalidMarker:
        return text  # the semicolon is the URL's own


def _is_place(text: str) -> bool:
    """Tell an URL or a path from a name: a name holds neither a slash nor a leading dot, nor is it a file."""
    if _NAMED_URL.match(text):
        return False
    head = re.split(r"[;\s]|@\s", text, maxsplit=1)[0]
    return "/" in head or head.startswith(".") or head.endswith(DISTRIBUTION_FILES) or bool(_URL.match(head))


def _requirement(text: str, here: Location) -> Requirement:
    requirement = _parsed(text, here)
    if not all(each.version for each in requirement.specifier):
        raise _none(text, "Expected a version after ===", here)
    _check_marker(requirement, here)
    return requirement


def _parsed(text: str, here: Location) -> Requirement:
    try:
        return Requirement(text)
    except RecursionError as error:
        raise _none(text, "it is nested too deeply", here) from error
    except InvalidRequirement as error:
        raise _none(text, str(error).partition("\n")[0].rstrip("."), here) from error


def _none(text: str, reason: str, here: Location) -> ConfigError:
    return ConfigError(
        f"`{text[:_QUOTED]}` is not a requirement: {reason}.",
        location=here,
        hint=meant(text) or "Write it as `name>=1.2`, `name @ URL` or a path.",
    )


def _check_marker(asked: Requirement, here: Location) -> None:
    """Hold a marker to be one that every target can decide."""
    try:
        if asked.marker:
            asked.marker.evaluate(_SOME_TARGET.marker_environment)
    except UndefinedComparison as error:
        raise ConfigError(
            f"The marker `{str(asked.marker)[:_QUOTED]}` compares what cannot be compared.",
            location=here,
            hint="Compare versions with versions, and names with `==` or `!=`.",
        ) from error
    except UndefinedEnvironmentName as error:
        raise ConfigError(
            f"The marker `{str(asked.marker)[:_QUOTED]}` is for locks alone.",
            location=here,
            hint="Write the requirement into the extra or the group itself.",
        ) from error


def _check_url(url: str, here: Location) -> None:
    """Refuse an URL that nobody here follows: `${NAME}` is filled in later."""
    scheme = url.partition(":")[0].lower()
    if url and "://" in url and not scheme.startswith("${") and scheme not in _SCHEMES:
        raise ConfigError(
            f"An URL that begins with {scheme}: is not followed.",
            location=here,
            hint="Use https:, or git+https: for a repository.",
        )
    if not may_be_address(url):
        raise ConfigError("The URL in this line is none.", location=here, hint=CORRECT_URL)
    if scheme in ("http", "https") and "${" not in url and not file_name(url):
        raise ConfigError(
            "The URL in this line names no file.", location=here, hint="Write that of a wheel or of an archive."
        )


def _check_name(asked: Requirement, here: Location) -> None:
    """Hold a name to the wheel that its URL leads to."""
    filename = file_name(asked.url or "")
    if not filename.endswith(".whl"):
        return
    try:
        name = parse_wheel_filename(filename)[0]
    except InvalidWheelFilename as error:
        raise ConfigError(
            f"The URL of {asked.name} names no wheel: {filename}.", location=here, hint="Correct the URL in that line."
        ) from error
    if name != canonicalize_name(asked.name):
        raise ConfigError(
            f"The URL of {asked.name} is that of {name}.", location=here, hint="Correct the name or the URL."
        )


def _file_path(text: str) -> str:
    """Return the path that an URL of a file stands for; of a folder, that of the project in it which is meant."""
    address, _, fragment = text.partition("#")
    path = unquote(re.sub(r"^file:(//(localhost)?(?=/))?", "", address))
    below = parse_qs(fragment).get("subdirectory", [""])[0]
    return f"{path}/{below}" if below and not path.endswith(DISTRIBUTION_FILES) else path


def _named_path(asked: Requirement, *, root: Path, folder: Path, here: Location) -> Path:
    place = _file_path(asked.url or "")
    try:
        return _local_path(place, root=root, folder=folder, here=here)
    except ConfigError as error:
        if place.startswith("/"):
            version = f"`{asked.name}==` and its version, as `pip list --format=freeze` does"
            error.hint += f" If `pip freeze` wrote it, write {version}."
        raise


def _local_path(name: str, *, root: Path, folder: Path, here: Location) -> Path:
    if "${" in name:
        raise ConfigError(
            "Variables are filled in only in URLs, not in paths.",
            location=here,
            hint="Write it relative to this file or to the repository's top.",
        )
    tried = [path_below(root, base, name, here) for base in _bases(root, folder, name, here)]
    there = [path for path in tried if path.exists()]
    if not there:
        raise ConfigError(
            f"The local project {name} does not exist.",
            location=here,
            hint=f"It was looked for at {' and at '.join(dict.fromkeys(relative(root, path) for path in tried))}.",
        )
    # `.` is in both folders, and means the one that is a project
    return next((path for path in there if path.is_file() or is_project(path)), there[0])


def _bases(root: Path, folder: Path, name: str, here: Location) -> list[Path]:
    """Return the folders in which a path can lie; a path that leaves the repository from all of them is an error."""
    try:
        inside = [base for base in (folder, root) if (base / name).resolve().is_relative_to(root)]
    except (OSError, RuntimeError, ValueError):
        inside = []
    if not inside:
        path_below(root, folder, name, here)
    return inside


def _name_of_file(path: Path, here: Location) -> str:
    try:
        if path.suffix == ".whl":
            return parse_wheel_filename(path.name)[0]
        return parse_sdist_filename(path.name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise ConfigError(
            f"{path.name} is neither a wheel nor an sdist, nor a folder.",
            location=here,
            hint="Name a project's folder, or a file such as `name-1.2-py3-none-any.whl` or `name-1.2.tar.gz`.",
        ) from error


def _name_of_url(url: str, here: Location) -> str:
    if egg := parse_qs(urlsplit(url).fragment).get("egg"):
        return egg[0].partition("[")[0]
    try:
        filename = file_name(url)
        return (parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename)(filename)[0]
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        raise ConfigError(
            "This URL does not tell the distribution's name.", location=here, hint="Write it as `name @ URL`."
        ) from error
