"""The rows of the table, by name, and a home of their own to run them in."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from tests.chaos import disk, foreign, kill, lost, machine, matrix, names, planner, secrets, storm, writers
from tests.chaos.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator


class Row(Protocol):
    """Say what a module of a row has: `SMALL` is for the test suite, `SHORT` for a CI run, `BAR` what is asked."""

    WHAT: str
    BAR: int
    SHORT: int
    SMALL: int

    def run(self, count: int, seed: int) -> Result:
        """Run so many, and say what went wrong."""
        ...


ROWS: dict[str, Row] = {
    "planner": planner,
    "machine": machine,
    "kill": kill,
    "storm": storm,
    "matrix": matrix,
    "lost": lost,
    "writers": writers,
    "foreign": foreign,
    "names": names,
    "secrets": secrets,
    "disk": disk,
}


@contextmanager
def isolated() -> Iterator[None]:
    """Hide the settings and secrets of whoever runs this."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="cochat-chaos-home-") as home:
        for name in list(os.environ):
            if name.startswith("COCHAT_") or name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
                del os.environ[name]
        os.environ |= {
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_CACHE_HOME": f"{home}/.cache",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


def run_row(name: str, count: int, seed: int) -> Result:
    """Run a row in a home of its own; one that breaks has failed, and the others still run."""
    try:
        with isolated():
            return ROWS[name].run(count, seed)
    except Exception:  # noqa: BLE001 - whatever it is, it belongs into the table
        return Result(seed, failures=[traceback.format_exc()[-2000:]])


def end_with(parent: int) -> None:
    """End this process, with the servers and children that it started, as soon as whoever started it is gone."""
    os.setpgid(0, 0)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
