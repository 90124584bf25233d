"""Programs that may run the code of others: the user they run as, and the folders that they are given."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

from layer_action.errors import BuildError
from layer_action.model.listing import listed

NOBODY: Final = 65534
# beside nobody: no system gives them to anybody (https://systemd.io/UIDS-GIDS/)
_USERS: Final = range(NOBODY - 1, NOBODY - 15, -1)
# linux/capability.h: to hand a folder over, to change the user, to end what that one started, to remove what it left
_CAPABILITIES: Final = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "KILL": 5, "SETGID": 6, "SETUID": 7}
_OTHERS_PASS: Final = 0o001
_SECONDS: Final = 120.0


def may_drop_rights() -> bool:
    """Tell whether `run(unprivileged=True)` can really change the user: root can, where there are other users."""
    return os.geteuid() == 0 and _has_users()


@cache
def _has_users() -> bool:
    try:
        return has_users(Path("/proc/self/uid_map").read_text(errors="replace"))
    except OSError:
        return True


def has_users(uid_map: str) -> bool:
    """Tell whether there is anybody beside root, by a text of /proc/PID/uid_map (user_namespaces(7)).

    Root of a user namespace that knows root alone is an ordinary user outside of it.
    """
    rows = [tuple(map(int, line.split())) for line in uid_map.splitlines()]
    known = [range(first, first + count) for first, _, count in rows]
    return not known or all(any(user in users for users in known) for user in (NOBODY, *_USERS))


def lacking_rights(status: str) -> list[str]:
    """Return the capabilities that root needs to change the user and has not, by a text of /proc/PID/status."""
    held = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return [name for name, bit in _CAPABILITIES.items() if held and not int(held[1], 16) >> bit & 1]


class _Taken:
    """The users under whom programs of strangers run now."""

    def __init__(self) -> None:
        self.users: set[int] = set()
        self.changed = threading.Condition()


_TAKEN: Final = _Taken()


@contextmanager
def user_of_strangers() -> Iterator[int]:
    """Give the id of a user whom nobody else is given meanwhile, for `give_away` and `run`. Who finds none waits.

    What strangers of one user start can alter each other's files, and end each other.
    """
    with _TAKEN.changed:
        _TAKEN.changed.wait_for(lambda: len(_TAKEN.users) < len(_USERS))
        user = next(user for user in _USERS if user not in _TAKEN.users)
        _TAKEN.users.add(user)
    try:
        yield user
    finally:
        with _TAKEN.changed:
            _TAKEN.users.remove(user)
            _TAKEN.changed.notify()


def runs_as(pid: int, user: int) -> bool:
    """Tell whether a process runs as a user whom one program of strangers alone has."""
    if user not in _USERS or not may_drop_rights():
        return False
    try:
        return f"\nUid:\t{user}\t" in Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return False


@contextmanager
def folder_of_strangers() -> Iterator[Path]:
    """Make a folder for a while that programs of strangers can get at once it is theirs (`give_away`)."""
    import tempfile  # noqa: PLC0415 - few runs start a program of strangers

    folder = Path(tempfile.mkdtemp(prefix="lambda-layer-", dir=ground_of_strangers()))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder and what strangers left in it, as far as it lets itself be removed."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # of folders nested deeper than Python below 3.13 walks
        from layer_action import process  # noqa: PLC0415 - it needs this module

        process.run(["rm", "-rf", "--", folder], env={"PATH": os.defpath}, cwd=folder.parent, timeout=_SECONDS)


def ground_of_strangers() -> Path:
    """Return the folder of temporary files, or another one where strangers could not get at it."""
    import tempfile  # noqa: PLC0415 - few runs start a program of strangers

    usual = Path(tempfile.gettempdir()).resolve()
    private = may_drop_rights() and not all(path.stat().st_mode & _OTHERS_PASS for path in (usual, *usual.parents))
    return Path("/tmp") if private else usual  # noqa: S108


def give_away(folder: Path, user: int = NOBODY) -> None:
    """Let the unprivileged user of `run` own a folder and all below it.

    Raises BuildError where root has lost the rights for that, as in a hardened container.
    """
    if not may_drop_rights():
        return
    if lacking := lacking_rights(Path("/proc/self/status").read_text(errors="replace")):
        raise BuildError(
            f"The code of others runs as another user, and this root may not change to it without {listed(lacking)}.",
            hint="Run as an ordinary user (in a container `--user 1000`), or let root keep these capabilities.",
        )
    for path in chain((folder,), folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)
