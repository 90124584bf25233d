"""No test leaves this machine, except for those marked `index`: whoever tries is refused, and fails."""

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import settings

# how long one example takes says more of what else the machine does than of the code
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# other processes are not watched: no build fetches a Python
os.environ["UV_PYTHON_DOWNLOADS"] = "never"

_CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname"}


_OUR_NAME = socket.gethostname()
try:
    _OUR_ADDRESSES = {str(found[4][0]) for found in socket.getaddrinfo(_OUR_NAME, None)}
except OSError:  # a machine whose own name leads nowhere
    _OUR_ADDRESSES = set()


@dataclass
class Border:
    """What this process tried to reach outside of loopback. Other processes are not watched."""

    open: bool = True
    refused: list[str] = field(default_factory=list)

    def watch(self, event: str, arguments: tuple[object, ...]) -> None:
        """Refuse what leads outside; Python tells of it before it is done."""
        if self.open:
            return
        place = None
        if event in _CONNECTING and isinstance(address := arguments[1], tuple) and address:
            place = address[0]
        elif event in _RESOLVING:
            place = arguments[0]
        if place is not None and not _is_near(place):
            self.refused.append(f"{event} {place!r}")
            raise PermissionError(f"a test may not reach {place!r}")


def _is_near(host: object) -> bool:
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback or name in _OUR_ADDRESSES
    except ValueError:
        return name in {"", "localhost", _OUR_NAME}


_border = Border()
sys.addaudithook(_border.watch)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Close the border around each test and its fixtures."""
    _border.open = item.get_closest_marker("index") is not None
    _border.refused.clear()
    try:
        return (yield)
    finally:
        _border.open = True


@pytest.fixture
def border() -> Border:
    """What this test tried to reach outside; it clears the list if it meant to."""
    return _border


@pytest.fixture(autouse=True)
def _stays_on_this_machine() -> Iterator[None]:
    yield
    assert _border.refused == []
