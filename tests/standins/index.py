"""A package index on loopback: PEP 503 and 691 pages over handmade files; gains releases, yanks, asks for logins."""

import base64
import hashlib
import io
import json
import re
import ssl
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from tests.standins.wheels import Content, Extra, make_wheel, wheel_filename

JSON = "application/vnd.pypi.simple.v1+json"


@dataclass(kw_only=True)
class IndexedFile:
    """A file of the index. `yanked` is the reason, None for what is not yanked; `stated_hash` is no true one."""

    filename: str
    content: bytes
    requires_python: str = ""
    yanked: str | None = None
    stated_hash: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def told(self, kind: str) -> str:
        return self.stated_hash or hashlib.new(kind, self.content, usedforsecurity=False).hexdigest()

    @property
    def metadata(self) -> bytes | None:
        if not self.filename.endswith(".whl"):
            return None
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            return archive.read(name)


@dataclass(kw_only=True)
class Index:
    """What the index holds, and how it behaves.

    `lost` are names of files that it lists and has no more; `requests` are the paths it was asked for, in order, `sent`
    the bytes of all answers.
    """

    port: int = 0
    scheme: str = "http"
    files: dict[str, list[IndexedFile]] = field(default_factory=dict)
    login: tuple[str, str] | None = None
    serves_metadata: bool = True
    serves_ranges: bool = True
    serves_json: bool = True
    tells_hashes: bool = True
    hash_kind: str = "sha256"
    lost: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    sent: int = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/simple"

    @property
    def url_with_login(self) -> str:
        user, password = self.login or ("", "")
        return f"{self.scheme}://{user}:{password}@127.0.0.1:{self.port}/simple"

    def env(self) -> dict[str, str]:
        """Return variables that make this the only index."""
        return {"UV_DEFAULT_INDEX": self.url}

    def wheel(
        self,
        name: str,
        version: str,
        *requires: str,
        tags: str = "py3-none-any",
        python: str = "",
        files: Mapping[str, Content] | None = None,
    ) -> IndexedFile:
        """Publish a wheel that needs `requires`."""
        content = make_wheel(
            name,
            version,
            files or {f"{name.replace('-', '_')}.py": f"version = '{version}'\n"},
            tags=tags,
            requires=requires,
            extra=Extra(requires_python=python),
        )
        return self.add(
            IndexedFile(filename=wheel_filename(name, version, tags), content=content, requires_python=python)
        )

    def add(self, file: IndexedFile) -> IndexedFile:
        parse = parse_wheel_filename if file.filename.endswith(".whl") else parse_sdist_filename
        self.files.setdefault(canonicalize_name(parse(file.filename)[0]), []).append(file)
        return file

    def file(self, filename: str) -> IndexedFile | None:
        there = (file for files in self.files.values() for file in files if file.filename not in self.lost)
        return next((file for file in there if file.filename == filename), None)


@contextmanager
def running_index(context: ssl.SSLContext | None = None) -> Iterator[Index]:
    """Serve an empty index on a free port until the end of the block; with a context, by HTTPS."""
    index = Index(scheme="https" if context else "http")

    class Handler(_Handler):
        served = index

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        # the handshake is the thread's: a client that breaks it off stops nobody else
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
    index.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Index

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self._answer(405, b"", {})

    def do_GET(self) -> None:
        index = self.served
        index.requests.append(self.path)
        if index.login and self.headers.get("Authorization") != _basic(*index.login):
            self._answer(401, b"log in", {"WWW-Authenticate": 'Basic realm="index"'})
        elif match := re.fullmatch(r"/simple/([^/]+)/", self.path):
            self._page(match[1])
        elif match := re.fullmatch(r"/files/([^/]+?)(\.metadata)?", self.path):
            self._file(match[1], wants_metadata=bool(match[2]))
        else:
            self._answer(404, b"nothing here", {})

    def _page(self, name: str) -> None:
        files = self.served.files.get(name)
        if files is None:
            self._answer(404, b"no such project", {})
        elif self.served.serves_json and JSON in self.headers.get("Accept", ""):
            page = {"meta": {"api-version": "1.1"}, "name": name, "files": [self._entry(file) for file in files]}
            self._answer(200, json.dumps(page).encode(), {"Content-Type": JSON})
        else:
            links = "".join(self._link(file) for file in files)
            self._answer(
                200, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), {"Content-Type": "text/html"}
            )

    def _entry(self, file: IndexedFile) -> dict[str, object]:
        index = self.served
        return {
            "filename": file.filename,
            "url": f"{index.scheme}://127.0.0.1:{index.port}/files/{file.filename}",
            "hashes": {index.hash_kind: file.told(index.hash_kind)} if index.tells_hashes else {},
            "size": len(file.content),
            "yanked": file.yanked if file.yanked is not None else False,
            **({"requires-python": file.requires_python} if file.requires_python else {}),
            **({"core-metadata": True} if index.serves_metadata and file.metadata else {}),
        }

    def _link(self, file: IndexedFile) -> str:
        index = self.served
        fragment = f"#{index.hash_kind}={file.told(index.hash_kind)}" if index.tells_hashes else ""
        python = f' data-requires-python="{file.requires_python}"'.replace(">", "&gt;").replace("<", "&lt;")
        yanked = "" if file.yanked is None else f' data-yanked="{file.yanked}"'
        metadata = ' data-core-metadata="true"' if index.serves_metadata and file.metadata else ""
        attributes = f"{python if file.requires_python else ''}{yanked}{metadata}"
        return f'<a href="/files/{file.filename}{fragment}"{attributes}>{file.filename}</a>\n'

    def _file(self, filename: str, *, wants_metadata: bool) -> None:
        file = self.served.file(filename)
        content = file.metadata if file and wants_metadata else file.content if file else None
        if content is None or (wants_metadata and not self.served.serves_metadata):
            self._answer(404, b"no such file", {})
            return
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not match or not self.served.serves_ranges:
            self._answer(200, content, {})
            return
        first, last = match.groups()
        start = int(first) if first else max(0, len(content) - int(last))
        end = min(len(content), int(last) + 1) if first and last else len(content)
        self._answer(206, content[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        # files never change; a new release must be seen by the next request
        age = "max-age=3600, immutable" if self.path.startswith("/files/") else "no-cache"
        for name, value in {"Content-Length": str(len(body)), "Cache-Control": age, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.served.sent += len(body)
            self.wfile.write(body)


def make_sdist(name: str, version: str, members: Mapping[str, str], *, requires: Sequence[str] = ()) -> IndexedFile:
    """Return an sdist whose PKG-INFO promises that a build will not change what it needs."""
    lines = ["Metadata-Version: 2.2", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as archive:
        for path, text in {"PKG-INFO": "\n".join(lines) + "\n", **members}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return IndexedFile(filename=f"{name}-{version}.tar.gz", content=into.getvalue())


def make_zipped_sdist(name: str, version: str, members: Mapping[str, str], *, static: bool = True) -> IndexedFile:
    """Return an sdist as old projects have them; unless `static`, its PKG-INFO promises nothing."""
    headers = f"Metadata-Version: {'2.2' if static else '1.1'}\nName: {name}\nVersion: {version}\n"
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for path, text in {"PKG-INFO": headers, **members}.items():
            archive.writestr(f"{name}-{version}/{path}", text)
    return IndexedFile(filename=f"{name}-{version}.zip", content=into.getvalue())


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
