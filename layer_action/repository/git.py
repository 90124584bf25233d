"""git as we run it: under our own settings, and with no way for a repository to start a program."""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from layer_action import process
from layer_action.on_disk import Many, pieces_of, rest_of

_SECONDS: Final = 600.0
# What git and timeout(1) answer for us where they do not get to it.
_NOT_INSTALLED: Final = 127
_TIMED_OUT: Final = 124
# The repository's own settings are a pull request's to write: none of them may start a program.
_SETTINGS: Final = ("safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never")
_SAFE: Final = tuple(word for setting in _SETTINGS for word in ("-c", setting))
_OURS: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1"}


class Git:
    """git in one folder."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        """Run in `folder`; of `env` only what any program needs is passed on."""
        self.folder = folder
        self._env = process.plain_environment(env) | _OURS

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> process.Completed:
        """Run git to its end. `variables` are added to its environment."""
        return self._run(arguments, variables, stdin=stdin)

    def _run(
        self, arguments: Iterable[str], variables: Mapping[str, str], *, stdin: str = "", into: BinaryIO | None = None
    ) -> process.Completed:
        env, command = {**self._env, **variables}, ["git", *_SAFE, *arguments]
        try:
            return process.run(command, env=env, cwd=self.folder, timeout=_SECONDS, stdin=stdin, into=into)
        except FileNotFoundError:
            return process.Completed(code=_NOT_INSTALLED, stdout="", stderr="git is not installed")
        except subprocess.TimeoutExpired:
            return process.Completed(code=_TIMED_OUT, stdout="", stderr=f"git took longer than {_SECONDS:.0f} seconds")

    @property
    def is_installed(self) -> bool:
        """Whether there is a git to run."""
        return self.run("--version").code != _NOT_INSTALLED

    def says(self, *arguments: str) -> str | None:
        """Return what git prints, without the blanks around it; None where it fails."""
        done = self.run(*arguments)
        return done.stdout.strip() if done.code == 0 else None

    def listed(self, *arguments: str, **variables: str) -> Iterator[str] | None:
        """Return each of what git lists with `-z`: there may be tens of thousands. None where it fails."""
        with tempfile.TemporaryFile() as file:
            if self._run(arguments, variables, into=file).code != 0:
                return None
            file.seek(0)
            return _entries(rest_of(file))

    def below(self, path: str) -> "Git":
        """Return git in a folder below this one."""
        return Git(self.folder / path, self._env)

    def without_filters(self) -> dict[str, str]:
        """Return variables under which no filter of the repository's settings starts a program."""
        names = (self.says("config", "--name-only", "--get-regexp", r"^filter\.") or "").splitlines()
        # an empty command is no filter, and an empty `required` is no
        pairs = {f"GIT_CONFIG_KEY_{at}": name for at, name in enumerate(names)}
        pairs |= {f"GIT_CONFIG_VALUE_{at}": "" for at in range(len(names))}
        return pairs | {"GIT_CONFIG_COUNT": str(len(names))}


def _entries(found: Many) -> Iterator[str]:
    rest = b""
    for piece in pieces_of(found):
        *whole, rest = (rest + piece).split(b"\0")
        yield from (entry.decode("utf-8", "replace") for entry in whole)
