"""Run the local server, a stand-in for CoChat or Open WebUI, until it is told to stop."""

from __future__ import annotations

import secrets
import signal
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cochat_devkit.kinds.dialects import dialect_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fastapi import FastAPI

    from cochat_devkit.plugin import PluginLoader
    from cochat_devkit.server.collection import Collection
    from cochat_devkit.server.context import ServerContext
    from cochat_devkit.server.running import Listener

HOST = "127.0.0.1"
PORT = 8765
ADMIN_EMAIL = "admin@localhost"
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True)
class ServerReady:
    """Say where a server answers, and how to sign in as its administrator."""

    url: str
    email: str
    password: str
    token: str


@dataclass(frozen=True)
class RunningServer:
    """Hold a server that runs in this process: where it answers, how to sign in, and what is behind it."""

    url: str
    email: str
    password: str
    token: str
    context: ServerContext
    collections: dict[str, Collection]
    _listener: Listener

    @property
    def ready(self) -> ServerReady:
        """Say where it answers."""
        return ServerReady(self.url, self.email, self.password, self.token)

    def stop(self) -> None:
        """End it; once is enough, twice does no harm."""
        self._listener.stop()

    def wait(self) -> None:
        """Return when it has ended."""
        self._listener.wait()


def serve(
    *,
    flavor: str,
    on_ready: Callable[[ServerReady], None],
    host: str = HOST,
    port: int = PORT,
    data: Path | None = None,
    empty: bool = False,
    more_writes: Iterable[str] = (),
) -> None:
    """Serve until SIGTERM comes, or until interrupted, which is raised as `KeyboardInterrupt`.

    `more_writes` names kinds of CoChat whose writes are answered though its reference has none.

    Raises:
        UsageError: there is no such flavor, the host is not on this machine, the port is taken, or the data file is
            not one of ours, of another flavor, or in use.
    """
    starting = running_server(flavor=flavor, host=host, port=port, data=data, empty=empty, more_writes=more_writes)
    with starting as running, ended_by_sigterm():
        on_ready(running.ready)
        running.wait()


@contextmanager
def running_server(
    *,
    flavor: str = "cochat",
    host: str = HOST,
    port: int = 0,
    data: Path | None = None,
    empty: bool = True,
    more_writes: Iterable[str] = (),
    loader: PluginLoader | None = None,
    clock: Callable[[], int] | None = None,
    prepare: Callable[[FastAPI], None] | None = None,
) -> Iterator[RunningServer]:
    """Run a server in a thread of this process for the length of the block.

    `loader` loads the plugins, in a child process unless another is given; `clock` tells whole seconds; `prepare` may
    add middleware to the application before it runs.

    Raises:
        UsageError: as for `serve`.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader
    from cochat_devkit.server import app as server_app
    from cochat_devkit.server.running import listening
    from cochat_devkit.server.samples import add_samples
    from cochat_devkit.server.store import Store

    dialect = dialect_named(flavor)
    with ExitStack() as ends:
        store = Store(data)
        ends.callback(store.close)
        context = server_app.make_context(
            dialect,
            loader or ChildLoader(),
            store,
            clock=clock or server_app.read_seconds,
            more_writes=more_writes,
        )
        ends.callback(context.plugins.close)
        collections = server_app.make_collections(context)
        password, is_new = _admit_admin(context)
        if is_new and not empty:
            add_samples(context, collections, shipped_plugins_dir(), password=password)
        app = server_app.make_app(context, collections)
        if prepare:
            prepare(app)
        listener = ends.enter_context(listening(app, host=host, port=port))
        token, _ = context.people.make_session(context.people.users()[0])
        yield RunningServer(listener.url, ADMIN_EMAIL, password, token, context, collections, listener)


def shipped_plugins_dir() -> Path:
    """Find the example plugins that come with the kit: inside the package, or beside it in a checkout."""
    packaged = _PACKAGE / "_packaged" / "plugins"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "plugins"


def _admit_admin(context: ServerContext) -> tuple[str, bool]:
    """Make the administrator's account, once for each data file: (password, whether it is new)."""
    kept = context.notes.get("password")
    if kept is not None:
        return str(kept), False
    password = secrets.token_urlsafe(12)
    context.people.add(name="Admin", email=ADMIN_EMAIL, password=password, role="admin")
    context.notes.put("password", password)
    return password, True


class _Terminated(BaseException):
    """SIGTERM came."""


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Leave the block when SIGTERM comes."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return

    def end(*_: object) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        with suppress(_Terminated):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)
