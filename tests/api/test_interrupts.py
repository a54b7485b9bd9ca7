"""Ctrl-C at any moment of a request: the command ends, whatever lock the client was about to take or give back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.interrupts import held, let_through, result_of, strike

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the signal of Ctrl-C is a POSIX one")

#: asks a server again and again, each time interrupted one instruction later in the client's own locks
_AT_EVERY_INSTRUCTION = """
import faulthandler, http.server, signal, sys, threading
from cochat_devkit.api.transport import Transport

faulthandler.dump_traceback_later(60, exit=True)
ask = sys.argv[1]

class Says(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "3")
        self.end_headers()
        self.wfile.write(b"[1]")
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Says)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
left = 0

def in_locks(frame, _event, _what):
    if not frame.f_code.co_filename.endswith("_synchronization.py"):
        return None
    frame.f_trace_opcodes, frame.f_trace_lines = True, False
    return at_instruction

def at_instruction(_frame, event, _what):
    global left
    if event == "opcode":
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)
    return at_instruction

def once(number):
    global left
    left = number
    with Transport(url, None) as transport:
        sys.settrace(in_locks)
        if ask == "one":
            transport.send("GET", "/x", "asking")
        elif ask == "list":
            transport.fetch_list("/x", "asking", lambda each: each)
        elif ask == "several":
            list(transport.fetch_all(lambda path: transport.send("GET", path, "asking"), ["/a", "/b", "/c"]))
        else:
            with transport.asking_ahead(["/a", "/b", "/c"]):
                for path in ("/a", "/b", "/c"):
                    transport.send("GET", path, "asking")

interrupted, number = 0, 0
while True:
    number += 1
    try:
        once(number)
    except KeyboardInterrupt:
        interrupted += 1
        continue
    finally:
        sys.settrace(None)
    break
print(interrupted)
"""


@pytest.mark.parametrize("ask", ["one", "list", "several", "ahead"])
def test_every_instruction_of_a_lock_may_be_the_last(ask: str) -> None:
    """Interrupted anywhere in the client's locks, a request and the end of its connections never block."""
    command = [sys.executable, "-c", _AT_EVERY_INSTRUCTION, ask]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def interrupt_soon(after_s: float = 0.2) -> None:
    """Press Ctrl-C in a moment."""
    timer = threading.Timer(after_s, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.daemon = True
    timer.start()


def interrupted_in(block: Callable[[], object]) -> bool:
    """Run a block in which an interruption is held back: whether it was interrupted at last."""
    try:
        with held():
            block()
    except KeyboardInterrupt:
        return True
    finally:
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        strike()
    return False


def test_an_interruption_is_held_back_to_the_end() -> None:
    """What was begun in the block is done; then I am interrupted."""
    done = []

    def block() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append(1)
        with held():
            done.append(2)
        done.append(3)

    assert interrupted_in(block)
    assert done == [1, 2, 3]
    assert not interrupted_in(lambda: None)


def test_who_insists_is_heard() -> None:
    """A second Ctrl-C strikes at once, wherever it finds us."""
    done = []

    def block() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append(1)

    assert interrupted_in(block)
    assert done == []


@pytest.mark.parametrize("interrupt", [interrupt_soon, lambda: signal.raise_signal(signal.SIGINT)])
def test_it_strikes_where_we_wait(interrupt: Callable[[], object]) -> None:
    """I do not wait for what the block waits for: neither if I typed while it waited, nor just before."""

    def block() -> None:
        interrupt()
        with let_through():
            time.sleep(30)

    began_s = time.monotonic()
    assert interrupted_in(block)
    assert time.monotonic() - began_s < 20


def test_it_strikes_where_we_wait_for_a_thread() -> None:
    """A thread that does not come back holds nobody."""
    interrupt_soon()
    with pytest.raises(KeyboardInterrupt):
        result_of(Future())
    found: Future[int] = Future()
    found.set_result(3)
    assert result_of(found) == 3
    failed: Future[int] = Future()
    failed.set_exception(TimeoutError("of its own"))
    with pytest.raises(TimeoutError, match="of its own"):
        result_of(failed)
