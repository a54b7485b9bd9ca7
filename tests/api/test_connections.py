"""An answer that was there before its question belongs to another one."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress

import pytest

from cochat_devkit.api.gate import Gate
from cochat_devkit.api.transport import Transport
from cochat_devkit.errors import Unreachable


@contextmanager
def doubling_server():
    """Answer every first request of a connection twice, in one packet; tells the requests."""
    heads: list[str] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            is_first = True
            while head := connection.recv(65536).decode():
                heads.append(head.split("\r\n")[0])
                body = f'"answer {len(heads)}"'
                head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                connection.sendall(f"{head}{body}".encode() * (2 if is_first else 1))
                is_first = False

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heads
        listener.shutdown(socket.SHUT_RDWR)


def test_a_read_after_a_doubled_answer_is_asked_anew(clock):
    """What I read is the answer to my question, not to the one before it."""
    with doubling_server() as (url, heads), Transport(url, "sk-x", gate=Gate(clock=clock)) as transport:
        assert transport.send("GET", "/api/x", "reading") == "answer 1"
        assert transport.send("GET", "/api/x", "reading") == f"answer {len(heads)}" != "answer 1"


def test_a_write_after_a_doubled_answer_is_not_taken_for_done(clock):
    """An old answer about the same thing does not pass for the answer to my write, and the write is not repeated."""
    with doubling_server() as (url, heads), Transport(url, "sk-x", gate=Gate(clock=clock)) as transport:
        transport.send("GET", "/api/x", "reading")
        with pytest.raises(Unreachable, match="writing: the connection broke"):
            transport.send("POST", "/api/x", "writing", body={})
    assert len([head for head in heads if head.startswith("POST")]) <= 1
