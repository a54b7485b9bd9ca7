"""What every test stands on: no network but loopback, no settings or secrets of whoever runs it."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from cochat_devkit import redaction

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("default", deadline=None, database=None, max_examples=60)
settings.register_profile("ci", deadline=None, database=None, max_examples=1000, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_SETTINGS_OF_OURS = "COCHAT_"
#: say which servers and which browser the tests run on: settings of the run, not of the code under test
_KEPT = ("COCHAT_CONTRACT_REAL", "COCHAT_BROWSER")


class NetworkIsClosed(RuntimeError):
    """A test tried to leave this machine."""


def pytest_configure() -> None:
    """Hear Ctrl-C, and let what the tests start hear it: a shell's background job is started deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests among processes (`pytest -n`) so that each server is started once."""
    from tests.sharing import Sharing

    return Sharing(config, log)


@pytest.fixture(scope="session", autouse=True)
def _closed_network() -> Iterator[None]:
    """Let sockets reach this machine only; subprocesses are not ours to hold."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check(self.family, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check(self.family, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if not _is_loopback(host):
            # what can be no name is refused as the system would
            str(host).encode("idna")
            raise NetworkIsClosed(f"a test asked for the address of {host!r}")
        return look_up(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the settings of whoever runs the tests, from what is started once for many tests too."""
    with pytest.MonkeyPatch.context() as patch:
        _isolate(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give each test a home of its own, so that no test reads the credentials of another."""
    _isolate(monkeypatch, tmp_path_factory.mktemp("home"))
    # the secrets that one test made known are ordinary words to the next
    monkeypatch.setattr(redaction, "_secrets", set())


def _isolate(patch: pytest.MonkeyPatch, home: Any) -> None:
    for name in os.environ:
        if (name.startswith(_SETTINGS_OF_OURS) and name not in _KEPT) or name.lower() in _PROXIES:
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    patch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def _check(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise NetworkIsClosed(f"a test tried to connect to {address[0]!r}")


def _is_loopback(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
