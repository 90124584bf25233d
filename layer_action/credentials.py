"""Which user name and password a server gets: from the URL, an index setting, a requirements file, netrc or keyring.

They are never logged.
"""

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from layer_action.errors import InputError, Location
from layer_action.keyring import Keyring
from layer_action.record import record, replace

# Settings that hold one index URL, or several separated by spaces; uv also writes NAME=URL.
_INDEX_SETTINGS: Final = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
)
_NAMED: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)=(?P<url>.*)")
_ASKED_BY: Final = ("https:", "http:", "file:", "/")  # in small letters, as uv wants them
CANNOT_BE_ASKED: Final = "names an index that cannot be asked: it begins with neither https:// nor http:// nor file://."
WHOLE_ADDRESS: Final = "Write its whole address, as https://…"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@record(kw_only=False)
class Login:
    """A user name and its password; a token often stands in one of them, the other being empty or fixed."""

    user: str
    password: str

    @property
    def header(self) -> str:
        """The value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


@record(kw_only=False)
class _Known:
    """Where a login was stated: with which server, below which path, in which URL (without the login)."""

    origin: tuple[str, str, int]
    path: tuple[str, ...]
    login: Login
    url: str


class Credentials:
    """The logins that an environment knows, and those learnt. `mask` is told every password that is about to be used.

    Of several logins for one server the one counts that was stated for the nearest path.
    """

    def __init__(self, env: Mapping[str, str], *, mask: Callable[[str], None]) -> None:
        """Read index settings; netrc is read when a server first needs it."""
        self._env = env
        self._mask = mask
        self._keyring = Keyring(env)
        self._known: list[_Known] = []
        for setting in _INDEX_SETTINGS:
            for entry in env.get(setting, "").split():
                self.learn(entry)

    def split(self, url: str) -> tuple[str, Login | None]:
        """Return a URL without user information, and the login for it."""
        parts = urlsplit(url)
        login = self._of_url(parts) or self._stated(parts) or self._from_netrc(parts.hostname or "")
        if login:
            self._mask(login.password or login.user)
        return without_login(url), login

    def learn(self, entry: str) -> None:
        """Remember the login in an URL, or that of uv's `NAME=URL`; what has none, or is no URL, teaches nothing."""
        named = _NAMED.fullmatch(entry)
        try:
            parts = urlsplit(named["url"] if named else entry)
            origin = _origin(parts)
        except ValueError:
            return
        login = _login(parts)
        if named and not login:
            login = login_of_index(named["name"], self._env)
        known = _Known(origin, _folders(parts), login, without_login(urlunsplit(parts))) if login else None
        if known and known not in self._known:
            self._known.append(known)

    def _of_url(self, parts: SplitResult) -> Login | None:
        login = _login(parts)
        return self._complete(login, without_login(urlunsplit(parts))) if login else None

    def _complete(self, login: Login, url: str) -> Login:
        """Return a login, its password from the keyring where it has none."""
        if login.password or not login.user:
            return login
        return replace(login, password=self._keyring.password(login.user, url, urlsplit(url).netloc))

    def _stated(self, parts: SplitResult) -> Login | None:
        here = _folders(parts)
        found = [known for known in self._known if known.origin == _origin(parts)]
        nearest = max(found, key=lambda known: _shared(known.path, here), default=None)
        return self._complete(nearest.login, nearest.url) if nearest else None

    def _from_netrc(self, host: str) -> Login | None:
        home = self._env.get("HOME")
        named = self._env.get("NETRC")
        path = Path(named) if named else Path(home) / ".netrc" if home else None
        if path is None or not path.is_file():
            return None
        import netrc  # noqa: PLC0415 - few machines have such a file

        try:
            found = netrc.netrc(str(path)).authenticators(host)
        except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
            # the parser's own message may quote a token of the file
            raise InputError("The netrc file cannot be read.", hint="Check its syntax, or unset NETRC.") from error
        return Login(found[0], found[2] or "") if found else None


def can_be_asked(index: str) -> bool:
    """Tell whether an index is a server, or a folder of this machine; uv would ask another in its place."""
    return index.startswith(_ASKED_BY)


def check_indexes(env: Mapping[str, str]) -> None:
    """Hold the settings of indexes to be addresses. Raises InputError."""
    for setting in _INDEX_SETTINGS:
        for entry in env.get(setting, "").split():
            named = _NAMED.fullmatch(entry)
            if not can_be_asked(named["url"] if named else entry):
                raise InputError(
                    f"This variable {CANNOT_BE_ASKED}",
                    hint=f"{WHOLE_ADDRESS}, or unset the variable.",
                    location=Location(setting),
                )


def variables_of_index(name: str) -> tuple[str, str]:
    """Return uv's variables for the user name and the password of an index."""
    prefix = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    return f"{prefix}_USERNAME", f"{prefix}_PASSWORD"


def login_of_index(name: str, env: Mapping[str, str]) -> Login | None:
    """Return the login that uv's variables hold for an index of that name."""
    user, password = (env.get(variable, "") for variable in variables_of_index(name))
    return Login(user, password) if user or password else None


def with_login(url: str, login: Login) -> str:
    """Return a URL with a login, unless it has one."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return url
    user, password = quote(login.user, safe=""), quote(login.password, safe="")
    return urlunsplit(
        parts._replace(netloc=f"{user}:{password}@{parts.netloc}" if password else f"{user}@{parts.netloc}")
    )


def without_login(url: str) -> str:
    """Return a URL without user name, password and fragment."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def file_of(url: str) -> str:
    """Return the file that a URL names: all that a message may say of it (queries may be signed, hosts private)."""
    path = unquote(urlsplit(url).path).rstrip("/")
    return path.rpartition("/")[2] or "the index page"


def _login(parts: SplitResult) -> Login | None:
    if not parts.username and not parts.password:
        return None
    return Login(unquote(parts.username or ""), unquote(parts.password or ""))


def _folders(parts: SplitResult) -> tuple[str, ...]:
    path = parts.path.rpartition("@")[0] if parts.scheme.startswith("git+") else ""
    return tuple(filter(None, (path or parts.path).split("/")))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many folders two paths have in common, from the top."""
    depth = 0
    while depth < min(len(one), len(other)) and one[depth] == other[depth]:
        depth += 1
    return depth


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.removeprefix("git+")
    return scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(scheme, 0)
