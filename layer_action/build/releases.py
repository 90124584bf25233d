"""All releases of a distribution, from its page on the index (PEP 503, 691), to find the newest that a target loads.

Only asked where uv's own choice does not fit: one page instead of a dozen resolves, each one version further down.
"""

import html
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from layer_action.build.select import fits
from layer_action.errors import DownloadError
from layer_action.http import Http
from layer_action.model.target import Target

_ACCEPT: Final = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_LINK: Final = re.compile(r"<a\s[^>]*href\s*=\s*[\"'](?P<href>[^\"']+)[\"']", re.IGNORECASE)


def newest_fitting(http: Http, index: str, name: str, target: Target) -> str | None:
    """Return the newest version with a wheel that fits, "" if there is none, None if the index does not tell."""
    try:
        page = http.get(f"{index.rstrip('/')}/{name}/", headers={"Accept": _ACCEPT})
        return _newest(_filenames(page), target)
    except (DownloadError, ValueError):
        return None


def _filenames(page: bytes) -> list[str]:
    """Return the names of all files on a page, JSON or HTML. Raises ValueError for neither."""
    text = page.decode()
    if text.lstrip().startswith("{"):
        files = json.loads(text).get("files", [])
        return [str(file.get("filename", "")) for file in files]
    links = (html.unescape(match["href"]) for match in _LINK.finditer(text))
    return [unquote(urlsplit(link).path.rpartition("/")[2]) for link in links]


def _newest(filenames: Iterable[str], target: Target) -> str:
    versions = []
    for filename in filenames:
        try:
            if filename.endswith(".whl") and fits(filename, target):
                versions.append(parse_wheel_filename(filename)[1])
        except InvalidWheelFilename:
            continue  # an old index holds what no tool installs
    return str(max(versions)) if versions else ""
