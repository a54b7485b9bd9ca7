"""The ground that all tests stand on holds."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from cochat_devkit.credentials import credentials_path, write_credential
from tests.conftest import NetworkIsClosed


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "0.0.0.0"])
def test_no_test_leaves_this_machine(host):
    """The suite runs with the cable out, and tells no server on the net that it runs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(0)
        with pytest.raises(NetworkIsClosed, match=host):
            connection.connect((host, 80))
        with pytest.raises(NetworkIsClosed, match=host):
            connection.connect_ex((host, 80))


def test_no_test_asks_for_a_name_on_the_net():
    """Not even a name server is asked."""
    with pytest.raises(NetworkIsClosed, match=r"app\.cochat\.ai"):
        socket.create_connection(("app.cochat.ai", 443), timeout=1)


def test_loopback_is_open():
    """Local servers are part of the suite."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()[:2]) as connection,
    ):
        assert connection.getpeername() == server.getsockname()


def test_my_own_settings_stay_mine():
    """A run of the suite neither reads nor writes my tokens."""
    assert not [name for name in os.environ if name.startswith("COCHAT_") and name != "COCHAT_CONTRACT_REAL"]
    assert write_credential("https://server.test", "a-token-of-a-test", "") == "file"
    assert credentials_path().is_file()
    assert Path.home() in credentials_path().parents
    assert Path.home().name.startswith("home")
