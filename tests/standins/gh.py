"""As much of the `gh` program as our example workflows use: `gh api`, sent to the address in GH_STAND_IN."""

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any


def main() -> int:
    """Send one request, print its answer; 1 where it was refused, as gh does."""
    parser = argparse.ArgumentParser(prog="gh api")
    parser.add_argument("path")
    parser.add_argument("--method", default="GET")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("-f", dest="raw", action="append", default=[])
    parser.add_argument("-F", dest="typed", action="append", default=[])
    given = parser.parse_args(sys.argv[2:])
    fields = dict(pair.split("=", 1) for pair in given.raw) | dict(_typed(pair) for pair in given.typed)
    url = f"{os.environ['GH_STAND_IN']}/{given.path}"
    if given.method == "GET" and fields:
        url += "?" + urllib.parse.urlencode(fields)
    try:
        while url:
            url = _send(url, given.method, fields, silent=given.silent) if given.paginate else _once(url, given, fields)
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"gh: {json.loads(error.read())['message']} (HTTP {error.code})\n")
        return 1
    return 0


def _once(url: str, given: argparse.Namespace, fields: dict[str, str]) -> str:
    _send(url, given.method, fields, silent=given.silent)
    return ""


def _send(url: str, method: str, fields: dict[str, str], *, silent: bool) -> str:
    """Send and print; return the address of the next page."""
    body = json.dumps(fields).encode() if method != "GET" else None
    headers = {"Authorization": f"Bearer {os.environ['GH_TOKEN']}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=10) as answer:
        if not silent:
            sys.stdout.write(answer.read().decode())
        match = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return match[1] if match else ""


def _typed(pair: str) -> tuple[str, Any]:
    name, value = pair.split("=", 1)
    if value.startswith("@"):
        with open(value[1:], encoding="utf-8") as file:  # noqa: PTH123 - starts faster
            return name, file.read()
    return name, int(value) if value.isdecimal() else value


if __name__ == "__main__":
    sys.exit(main())
