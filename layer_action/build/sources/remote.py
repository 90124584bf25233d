"""Source code that lies elsewhere: commits of git repositories, and sdists."""

import re
import shutil
import subprocess
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

from packaging.version import InvalidVersion, Version

from layer_action import certificates, process
from layer_action.build.files.places import file_name
from layer_action.build.sources.plain import is_plain
from layer_action.build.wheels.core_metadata import Metadata
from layer_action.build.wheels.metadata import fields, only, parse_metadata
from layer_action.errors import BuildError
from layer_action.formats.pylock import without_credentials
from layer_action.http import Http
from layer_action.model.lock import Source, SourceKind
from layer_action.record import replace

_TIMEOUT: Final = 300.0  # seconds
_TRANSPORTS: Final = "https:http:ssh"
_ALL_OF_IT: Final = f"--depth={(1 << 31) - 1}"  # git's own word for it
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_FIRST_STATIC: Final = Version("2.2")  # core metadata that tells what a build may change (PEP 643)
_PKG_INFO: Final = re.compile(r"[^/]+/PKG-INFO")
_LARGEST_PKG_INFO: Final = 4 << 20
_ASKS: Final = re.compile(r"could not read (Username|Password)|Authentication failed|terminal prompts disabled")
_ADVICE: Final = re.compile(r"\s*Please make sure you have the correct access rights\s+and the repository exists\.\s*$")
_LINES: Final = 2  # of what git says last
_LOGIN_HINT: Final = "Give the login in the URL, as `git+https://${NAME}@…` with a variable, or in netrc."
_ADDRESS_HINT: Final = "Check the repository's address, and that it has this branch, tag or commit."
_MATTERS: Final = frozenset({"requires-dist", "requires-python", "provides-extra", "version"})


def git_source(url: str, env: Mapping[str, str], http: Http, before: Source | None = None) -> Source:
    """Return what `git+https://…@ref#subdirectory=…` means: one commit, that of `before` if it asked for the same.

    Raises BuildError. Its location holds no login: `http` knows it, if the URL had one.
    """
    parts = urlsplit(url)
    path, at, ref = parts.path.rpartition("@")
    location = without_credentials(urlunsplit(parts._replace(path=path if at else parts.path, fragment="")))
    found = Source(
        kind=SourceKind.VCS,
        location=location,
        identity=f"commit:{ref}",
        subdirectory=subdirectory_in(url),
        requested=ref if at else "HEAD",
    )
    if at and _COMMIT.fullmatch(ref):
        return found
    if before and replace(before, identity=found.identity) == found:
        return before
    return replace(found, identity=f"commit:{_commit_of(location, found.requested, _Git(env, http))}")


def subdirectory_in(url: str) -> str:
    """Return the folder of a repository or an archive that an URL names by `#subdirectory=`."""
    return parse_qs(urlsplit(url).fragment).get("subdirectory", [""])[0]


def clone(source: Source, folder: Path, env: Mapping[str, str], http: Http, *, for_build: bool = False) -> None:
    """Check out the commit of a git source, and of its submodules, into a new folder, without history.

    What may look at its history when it is built gets it, as with pip: its version may be there. Raises BuildError.
    """
    url, commit = source.location.removeprefix("git+"), source.identity.partition(":")[2]
    folder.mkdir()
    git = _Git(env, http)
    git.run(["init", "--quiet"], folder)
    git.run(["fetch", "--quiet", "--depth=1", "--end-of-options", url, commit], folder, url)
    git.run(["checkout", "--quiet", "FETCH_HEAD"], folder)
    git.run(["remote", "add", "origin", url], folder)  # a submodule's address may be relative to it
    if (folder / ".gitmodules").is_file():
        git.run(["submodule", "--quiet", "update", "--init", "--recursive", "--depth=1"], folder, url)
    if for_build and not is_plain(folder / source.subdirectory):
        git.run(["fetch", "--quiet", _ALL_OF_IT, "--tags", "--filter=blob:none", "origin", commit], folder, url)
        return
    for module in folder.rglob(".git"):
        if module.is_file():  # says where its history is
            module.unlink()
    shutil.rmtree(folder / ".git")


def archive_of(location: str, root: Path, folder: Path, http: Http) -> Path:
    """Return where an sdist is: in the repository at `root`, else downloaded into a folder. Raises DownloadError."""
    if "://" not in location:
        return root / location
    path = folder / (file_name(location) or "sdist")
    with path.open("wb") as file:
        http.download(location, file)
    return path


def sdist_metadata(path: Path) -> Metadata | None:
    """Return the metadata of an sdist if it promises that a build will not change it; else None."""
    content = _pkg_info(path)
    if content is None:
        return None
    stated = fields(content)
    dynamic = {field.lower() for field in stated.get("dynamic", ())}
    try:
        static = Version(only(stated, "metadata-version") or "1.0") >= _FIRST_STATIC
    except InvalidVersion:
        return None
    return parse_metadata(content) if static and not dynamic & _MATTERS else None


def _pkg_info(path: Path) -> bytes | None:
    """Return the metadata of an archive that can be read and has some; else None."""
    import tarfile  # noqa: PLC0415 - few layers hold sources
    import zipfile  # noqa: PLC0415

    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                found = (info for info in archive.infolist() if _is_pkg_info(info.filename, info.file_size))
                return next((archive.read(info) for info in found), None)
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path, "r:gz") as tar:
                inside = (member for member in tar if member.isfile() and _is_pkg_info(member.name, member.size))
                return next((file.read() for member in inside if (file := tar.extractfile(member))), None)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
        pass
    return None


def _is_pkg_info(name: str, size: int) -> bool:
    return bool(_PKG_INFO.fullmatch(name)) and size <= _LARGEST_PKG_INFO


def _commit_of(location: str, ref: str, git: "_Git") -> str:
    url = location.removeprefix("git+")
    lines = git.run(["ls-remote", "--end-of-options", url, ref, f"{ref}^{{}}"], Path("/"), url).splitlines()
    commits = {name: commit for commit, _, name in (line.partition("\t") for line in lines)}
    # git lists each name that ends so; as with pip a branch comes before a tag, and of a tag with a message its commit
    names = (f"{place}{ref}{peeled}" for place in ("refs/heads/", "refs/tags/", "refs/", "") for peeled in ("^{}", ""))
    commit = next((commits[name] for name in names if name in commits), "")
    if not commit:
        raise BuildError(f"The repository has no branch or tag {ref}.", hint="Write a commit, 40 hex digits.")
    return commit


def git_reason(stderr: str) -> str:
    """Return why git failed: its last lines, without logins and general advice."""
    said = re.sub(r"://[^/@\s]+@", "://", _ADVICE.sub("", stderr).strip()) or "no reason given"
    return " ".join(said.splitlines()[-_LINES:])


class _Git:
    """The program git, with the way to the network and the logins that `http` knows."""

    def __init__(self, env: Mapping[str, str], http: Http) -> None:
        self._env = env
        self._http = http

    def run(self, arguments: Sequence[str], cwd: Path, url: str = "") -> str:
        """Return what git prints. `url` is the server that it will ask. Raises BuildError."""
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": _TRANSPORTS, "GIT_CONFIG_NOSYSTEM": "1"}
        home = {"HOME": self._env["HOME"]} if self._env.get("HOME") else {}
        env = process.network_environment(self._env) | home | quiet | certificates.for_git(self._env) | self._login(url)
        try:
            done = process.run(["git", *arguments], env=env, cwd=cwd, timeout=_TIMEOUT)
        except FileNotFoundError as error:
            raise BuildError("The program git is missing.", hint="Install it, or ask for a release instead.") from error
        except subprocess.TimeoutExpired as error:
            raise BuildError(
                f"git {arguments[0]} took longer than {_TIMEOUT:.0f} seconds.",
                hint="Check that the repository's server answers; then run again.",
            ) from error
        if done.code != 0:
            reason = git_reason(done.stderr)
            raise BuildError(
                f"git {arguments[0]} failed: {reason}", hint=_LOGIN_HINT if _ASKS.search(reason) else _ADDRESS_HINT
            )
        return done.stdout

    def _login(self, url: str) -> dict[str, str]:
        """Return settings that bring a login to its server, without showing it to whoever lists processes."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return {}
        plain, login = self._http.credentials.split(url)
        if login is None:
            return {}
        key = f"http.{urlunsplit(urlsplit(plain)._replace(path='/'))}.extraHeader"
        value = f"Authorization: {login.header}"
        return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": value}
