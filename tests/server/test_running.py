"""A running server: where it listens, whom it refuses, and how it ends."""

from __future__ import annotations

import socket

import httpx
import pytest
from fastapi import FastAPI

from cochat_devkit.errors import UsageError
from cochat_devkit.server.running import bind, listening


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.com", "::"])
def test_it_listens_on_this_machine_only(host):
    """What it knows is for whoever sits here."""
    with pytest.raises(UsageError, match="listens on this machine only"):
        bind(host, 0)


def test_a_port_in_use_is_refused_with_a_way_out():
    """The message names the port, the hint another way."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} is in use") as caught:
            bind("127.0.0.1", port)
    assert "--port 0" in str(caught.value.hint)


def test_small_answers_are_not_held_back():
    """asyncio turns the delay of small packets off where it reads TCP: else each request takes 40 ms longer."""
    with bind("127.0.0.1", 0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_it_answers_at_once_and_its_port_is_free_afterwards():
    """Inside the block it answers, after the block nothing does, and the same port can be taken again."""
    with listening(FastAPI(), host="127.0.0.1", port=0) as listener:
        url = listener.url
        assert httpx.get(url, trust_env=False).status_code == 404
        assert not listener.has_ended
    assert listener.has_ended
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    bind("127.0.0.1", httpx.URL(url).port or 0).close()


def test_it_may_be_stopped_twice():
    """Whoever stops it early does not disturb the end of the block."""
    with listening(FastAPI(), host="localhost", port=0) as listener:
        listener.stop()
    assert listener.has_ended


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6 here")
def test_an_ipv6_address_has_brackets():
    """The address is one that a browser takes."""
    try:
        bind("::1", 0).close()
    except UsageError:
        pytest.skip("there is no IPv6 loopback here")
    with listening(FastAPI(), host="::1", port=0) as listener:
        assert listener.url.startswith("http://[::1]:")
        assert httpx.get(listener.url, trust_env=False).status_code == 404
