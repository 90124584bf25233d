"""All releases of a distribution, from its page on the index (PEP 503, 691): which there are, and which a target loads.

Only asked where uv's own choice does not fit: one page instead of a dozen resolves, each one version further down.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from layer_action.build.files.places import file_name
from layer_action.build.wheels.select import admits
from layer_action.errors import DownloadError
from layer_action.http import Http
from layer_action.model.target import Target
from layer_action.record import record

_ACCEPT: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_LINK: Final = re.compile(r"<a\s(?P<attributes>[^>]*)>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"(?P<name>[\w-]+)(?:\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"']+)))?")

_Row: TypeAlias = tuple[str, str, bool]
"""File name, Requires-Python, whether it was withdrawn."""


@record
class Release:
    """A version's wheels that ask for the same Python, or its source code, which has no tags."""

    version: Version
    tags: frozenset[Tag]
    requires_python: str
    yanked: bool


@record
class Releases:
    """What an index holds of one distribution."""

    files: tuple[Release, ...]

    @property
    def versions(self) -> list[Version]:
        """All versions that are not withdrawn, the oldest first; final ones only, where there are any."""
        return _final(file.version for file in self.files if not file.yanked)

    def admitting(self, target: Target) -> list[Version]:
        """Return the versions that a target's Python may have, as `versions` does; all of them where there are none."""
        admitted = (file.version for file in self.files if not file.yanked and admits(file.requires_python, target))
        return _final(admitted) or self.versions

    def fitting(self, target: Target) -> list[Version]:
        """Return the versions that have a wheel for a target, as `versions` does."""
        return _final(self._fitting(target))

    def newest(self, target: Target) -> str:
        """Return the newest version with a wheel for a target, final or not; "" if there is none."""
        return str(max(self._fitting(target), default=""))

    def withdrawn(self, allowed: SpecifierSet, target: Target) -> list[Version]:
        """Return the versions with a wheel for a target that are allowed and withdrawn, if no other one is allowed."""
        among = [file for file in self.files if allowed.contains(file.version, prereleases=True)]
        if not all(file.yanked for file in among):
            return []
        return sorted({file.version for file in among if not file.tags.isdisjoint(target.tags)})

    def tags(self, version: Version) -> tuple[str, ...]:
        """Return the tags of a version's wheels, sorted; () if it has none."""
        return tuple(sorted({str(tag) for file in self.files if file.version == version for tag in file.tags}))

    def has_source(self, version: str) -> bool:
        """Tell whether there is source code of a version."""
        return any(str(file.version) == version and not file.tags for file in self.files)

    def _fitting(self, target: Target) -> Iterator[Version]:
        for file in self.files:
            fits = not file.yanked and not file.tags.isdisjoint(target.tags)
            if fits and admits(file.requires_python, target):
                yield file.version


def read_releases(http: Http, index: str, name: str) -> Releases | None:
    """Return what an index holds of a name; None if its page cannot be read."""
    try:
        rows = _rows(http, f"{index.rstrip('/')}/{name}/")
        found = (release for row in rows if (release := _release(canonicalize_name(name), *row)))
        return Releases(files=_gathered(found))
    except (DownloadError, ValueError, AttributeError, TypeError, RecursionError):
        return None


def _rows(http: Http, url: str) -> Sequence[_Row]:
    """Read a page; its text, of two million letters, goes before versions and tags are made of the rows."""
    page = http.get(url, headers={"Accept": _ACCEPT}).decode()
    return tuple(_json_rows(page) if page.lstrip().startswith("{") else _html_rows(page))


def _gathered(releases: Iterable[Release]) -> tuple[Release, ...]:
    """Make one of the wheels of a version that ask for the same Python: a page of four thousand has two hundred."""
    same: dict[Tag, Tag] = {}
    found: dict[tuple[Version, str, bool, bool], set[Tag]] = {}
    for one in releases:
        tags = found.setdefault((one.version, one.requires_python, one.yanked, not one.tags), set())
        tags.update(same.setdefault(tag, tag) for tag in one.tags)
    return tuple(
        Release(version=version, tags=frozenset(tags), requires_python=requires_python, yanked=yanked)
        for (version, requires_python, yanked, _), tags in found.items()
    )


def _json_rows(page: str) -> Iterable[_Row]:
    """Read a page; hashes and sizes of its files go as soon as they are parsed, for they are most of it."""
    rows: Iterable[_Row] = json.loads(page, object_hook=_kept).get("files", ())
    return rows


def _kept(found: dict[str, Any]) -> dict[str, Any] | _Row | None:
    if "filename" not in found:
        return found if "files" in found else None
    return str(found["filename"]), str(found.get("requires-python") or ""), found.get("yanked", False) is not False


def _html_rows(page: str) -> Iterator[_Row]:
    import html  # noqa: PLC0415 - most indexes speak JSON

    for link in _LINK.finditer(page):
        found = {
            match["name"].lower(): html.unescape(match["a"] or match["b"] or match["c"] or "")
            for match in _ATTRIBUTE.finditer(link["attributes"])
        }
        yield file_name(found.get("href", "")), found.get("data-requires-python", ""), "data-yanked" in found


def _release(name: str, filename: str, requires_python: str, yanked: bool) -> Release | None:  # noqa: FBT001 - a column of a row
    try:
        if filename.endswith(".whl"):
            own, version, _, tags = parse_wheel_filename(filename)
        else:
            (own, version), tags = parse_sdist_filename(filename), frozenset()
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None  # an old index holds what no tool installs
    if own != name:
        return None  # `thrift-0.9.1-2.tar.gz` is no version 2 of thrift
    return Release(version=version, tags=tags, requires_python=requires_python, yanked=yanked)


def _final(versions: Iterable[Version]) -> list[Version]:
    found = sorted(set(versions))
    return [version for version in found if not version.is_prerelease] or found
