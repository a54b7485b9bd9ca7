"""What a plugin must not do behind a test's back: each guard watches, and says afterwards what it saw."""

from __future__ import annotations

import ipaddress
import json
import socket
from typing import TYPE_CHECKING, Any, Protocol

from cochat_devkit.runtime.kit.secrets import secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cochat_devkit.runtime.kit.stage import Stage


class Guard(Protocol):
    """Watch one test."""

    def __init__(self, stage: Stage) -> None:
        """Begin to watch."""
        ...

    def stop(self) -> list[str]:
        """Stop, and say what was wrong: sentences that begin with the plugin's line where it is known."""
        ...


class Unawaited:
    """Notice coroutines that were made in a plugin and never awaited."""

    def __init__(self, stage: Stage) -> None:
        self._coroutines = stage.coroutines

    def stop(self) -> list[str]:
        """Say what was made, and where."""
        self._coroutines.look()
        return self._coroutines.found


class Blocking:
    """Notice steps that hold up everybody else."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def stop(self) -> list[str]:
        """Say who held up the loop; while the web is recorded, it is the web that takes its time."""
        found = [] if self._stage.network_is_open else self._stage.loop.watch.found
        return [f"{place}: held up the event loop, and so every user, for {ms:.0f} ms" for place, ms in found]


class LeftTasks:
    """Notice tasks of a plugin that still run when the test is over; those of a library are its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def stop(self) -> list[str]:
        """Give them a moment, and say which are left and where they were started."""
        left = [(each.get_coro(), self._place_of(each.get_coro())) for each in self._stage.loop.left_tasks()]
        return [
            f"{place}: the task {getattr(work, '__qualname__', repr(work))}() was left running"
            for work, place in left
            if place is not None
        ]

    def _place_of(self, work: Any) -> str | None:
        origin = getattr(work, "cr_origin", None) or ()
        code = getattr(work, "cr_code", None)
        lines = [(file, line) for file, line, _name in origin]
        return self._stage.places.of([*lines, *([(code.co_filename, code.co_firstlineno)] if code else [])])


class Secrets:
    """Notice what is saved as a secret valve in what a plugin tells the page, the model or people."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._found: list[str] = []
        stage.listeners.append(self._look)

    def stop(self) -> list[str]:
        """Say which valve showed, and where; the secret itself is not repeated."""
        self._stage.listeners.remove(self._look)
        return self._found

    def _look(self, what: str, given: Any) -> None:
        text = json.dumps(given, default=repr, ensure_ascii=False)
        for plugin in self._stage.plugins:
            for name, secret in secrets_of(plugin.instance, self._stage.user.valves):
                if json.dumps(secret, ensure_ascii=False)[1:-1] in text:
                    place = self._stage.places.here() or self._stage.places.name(plugin.path)
                    self._found.append(f"{place}: the secret valve {name} shows in {what}")


class Network:
    """Refuse whatever would leave this machine; loopback stays open, for a server that the test itself starts."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._places = stage, stage.places
        self._found: list[str] = []
        self._kept = [(place, name, vars(place).get(name)) for place, name in _DOORS]
        for place, name in _DOORS:
            setattr(place, name, self._guarded(getattr(place, name), _TARGETS[name]))
        stage.loop.on_look_up = self._check

    def stop(self) -> list[str]:
        """Open the doors again."""
        for place, name, kept in self._kept:
            if kept is None:
                delattr(place, name)
            else:
                setattr(place, name, kept)
        return self._found

    def _guarded(self, way: Any, target: Callable[..., Any]) -> Any:
        def guarded(*words: Any, **more: Any) -> Any:
            self._check(target(*words, **more))
            return way(*words, **more)

        return guarded

    def _check(self, host: Any) -> None:
        if self._stage.network_is_open or is_local(host):
            return
        name = host.decode("idna") if isinstance(host, bytes) else host
        self._found.append(f"{self._places.here() or 'a plugin'}: reached for {name}, and a test has no network")
        raise NetworkIsClosed(f"a test has no network: {name}")


class NetworkIsClosed(ConnectionError):
    """A plugin reached for another machine in a test; to the plugin it is as if the network were down."""


def is_local(host: Any) -> bool:
    """Tell whether a host is this machine, or no host at all."""
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _host_of_peer(sock: socket.socket, address: Any, *_more: Any) -> Any:
    return address[0] if sock.family in (socket.AF_INET, socket.AF_INET6) else None


def _host_of_datagram(sock: socket.socket, _data: Any, *flags_and_address: Any) -> Any:
    return _host_of_peer(sock, flags_and_address[-1])


def _host_named(host: Any = None, *_more: Any, **_named: Any) -> Any:
    return host


#: what leads out, and how the host is read off a call of it
_TARGETS: dict[str, Callable[..., Any]] = {
    "connect": _host_of_peer,
    "connect_ex": _host_of_peer,
    "sendto": _host_of_datagram,
    "getaddrinfo": _host_named,
    "gethostbyname": _host_named,
    "gethostbyname_ex": _host_named,
}
_DOORS: tuple[tuple[Any, str], ...] = (
    *((socket.socket, name) for name in ("connect", "connect_ex", "sendto")),
    *((socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")),
)

GUARDS: dict[str, type[Guard]] = {
    # the first: while it waits for tasks, the others still watch
    "allow_left_tasks": LeftTasks,
    "allow_unawaited": Unawaited,
    "allow_blocking": Blocking,
    "allow_network": Network,
    "allow_secrets": Secrets,
}


class Guards:
    """Hold the guards of one test, but for those that it opted out of."""

    def __init__(self, stage: Stage, opted_out: Collection[str]) -> None:
        self._stage = stage
        self._standing = {name: guard(stage) for name, guard in GUARDS.items() if name not in opted_out}

    def stop(self) -> list[str]:
        """Stop all of them, once, and say what they saw, each with the marker that allows it."""
        said = []
        while self._standing:
            name = next(iter(self._standing))
            sentences = self._standing.pop(name).stop()
            said += [f"{sentence} (@pytest.mark.{name} would let it)" for sentence in dict.fromkeys(sentences)]
        return [*dict.fromkeys(self._stage.faults), *said]
