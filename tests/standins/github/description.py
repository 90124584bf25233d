"""Holds each request to GitHub's REST description (`openapi.yaml`)."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import yaml
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

_DESCRIPTION = Path(__file__).with_name("openapi.yaml")
# these end in a name that may hold slashes, which the description takes as one parameter
_NAMED = re.compile(r"(/repos/[^/]+/[^/]+/(?:git/refs?|git/commits|compare|contents|tarball)/)(.+)")
_BY_ID = re.compile(r"/repositories/\d+")


@dataclass(slots=True, kw_only=True)
class _Sent:
    """A request as openapi-core wants to see it."""

    host_url: str
    path: str
    method: str
    content_type: str
    body: bytes | None
    parameters: RequestParameters = field(default_factory=RequestParameters)


@lru_cache(maxsize=1)
def _description() -> OpenAPI:
    return OpenAPI.from_dict(yaml.safe_load(_DESCRIPTION.read_text()))


def violation(method: str, target: str, content_type: str, body: bytes) -> str:
    """Return what is wrong with a request, "" when nothing is. `target` is path and query as sent."""
    parts = urlsplit(target)
    path = _BY_ID.sub("/repos/octo/moved", parts.path)
    if path.startswith("/codeload/"):
        return ""
    if match := _NAMED.fullmatch(path):
        path = match[1] + quote(unquote(match[2]), safe="")
    query = parse_qsl(parts.query, keep_blank_values=True)
    sent = _Sent(
        host_url="https://api.github.com",
        path=path,
        method=method.lower(),
        content_type=content_type.partition(";")[0],
        body=body or None,
        parameters=RequestParameters(query=ImmutableMultiDict(query), header=Headers()),
    )
    try:
        _description().validate_request(sent)
    except OpenAPIError as error:
        return f"{method} {target}: {error} {error.__cause__ or ''}".strip()
    return ""
