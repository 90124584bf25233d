"""Tests reach nothing but this machine. (That no run asks a server's metadata is in aws/test_session.py.)"""

import socket

import pytest

from tests.conftest import Border


@pytest.mark.parametrize("address", ["192.0.2.1", "169.254.169.254"])
def test_a_connection_to_another_machine_is_refused(border: Border, address: str) -> None:
    with socket.socket() as outside, pytest.raises(PermissionError):
        outside.connect((address, 80))
    assert border.refused == [f"socket.connect {address!r}"]
    border.refused.clear()


def test_a_name_of_another_machine_is_not_looked_up(border: Border) -> None:
    with pytest.raises(PermissionError):
        socket.getaddrinfo("index.example", 443)
    border.refused.clear()


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
