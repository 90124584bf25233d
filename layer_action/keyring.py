"""Passwords that the program `keyring` keeps: asked as pip and uv ask it, and only where their settings say so."""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Final

from layer_action.errors import InputError

_SETTINGS: Final = ("UV_KEYRING_PROVIDER", "PIP_KEYRING_PROVIDER")
_OFF: Final = ("", "disabled", "auto")  # pip's `auto` asks only where somebody could type
_TIMEOUT: Final = 60.0  # seconds; some backends ask a server


def is_asked(env: Mapping[str, str]) -> bool:
    """Tell whether pip's or uv's setting turns the keyring on."""
    return any(env.get(name, "").lower() not in _OFF for name in _SETTINGS)


class Keyring:
    """The keyring of an environment. May be shared by threads: each question is put once."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Start nothing yet."""
        self._env = env
        self._is_asked = is_asked(env)
        self._lock = Lock()
        self._known: dict[tuple[str, ...], str] = {}

    def password(self, user: str, *services: str) -> str:
        """Return the password of a user at the first service that has one; "" where none has.

        Raises InputError when the keyring is asked for and there is no such program.
        """
        if not self._is_asked or any(word.startswith("-") for word in (user, *services)):
            return ""  # who begins with a dash is no user: it would be an option of the program
        with self._lock:
            if (user, *services) not in self._known:
                answers = (self._ask(service, user) for service in services)
                self._known[user, *services] = next(filter(None, answers), "")
            return self._known[user, *services]

    def _ask(self, service: str, user: str) -> str:
        import subprocess  # noqa: PLC0415 - 5 ms, and few have a keyring

        from layer_action import process  # noqa: PLC0415

        env = process.index_environment(self._env)
        try:
            done = process.run(["keyring", "get", service, user], env=env, cwd=Path("/"), timeout=_TIMEOUT)
        except FileNotFoundError as error:
            raise InputError(
                "The program keyring is missing, and the index's password is to come from it.",
                hint="Install it (`pip install keyring`) with its backend, or unset UV_KEYRING_PROVIDER and "
                "PIP_KEYRING_PROVIDER.",
            ) from error
        except subprocess.TimeoutExpired:
            return ""
        return done.stdout.strip("\r\n") if done.code == 0 else ""
