"""Which names the local server answers to."""

from __future__ import annotations

import httpx
import pytest

from cochat_devkit.server.hosts import is_loopback
from tests.server.fakes import staged


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "cochat.localhost"])
def test_names_of_this_machine(name):
    """Loopback addresses, and names that the standard keeps for them."""
    assert is_loopback(name)


@pytest.mark.parametrize("name", ["", "0.0.0.0", "192.168.1.2", "example.com", "localhost.example.com", "notlocalhost"])
def test_other_names(name):
    """Anything else may lead here by somebody else's doing."""
    assert not is_loopback(name)


def test_a_foreign_host_is_refused():
    """A web page that points its own name at this machine is told nothing, not even that there is a server."""
    with staged("cochat") as stage, httpx.Client(base_url=stage.url, trust_env=False) as client:
        port = httpx.URL(stage.url).port
        for host in ("evil.example", f"evil.example:{port}", "[2001:db8::1]", ""):
            assert client.get("/health", headers={"Host": host}).status_code == 403
        for host in ("localhost", f"LOCALHOST:{port}", f"[::1]:{port}", "127.0.0.1"):
            assert client.get("/health", headers={"Host": host}).status_code == 200
