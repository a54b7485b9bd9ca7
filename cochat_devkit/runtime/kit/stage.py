"""One test's stage: its plugins, its event loop, who calls, the page, and the events."""

from __future__ import annotations

import asyncio
import contextvars
import copy
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from cochat_devkit.errors import UsageError
from cochat_devkit.kit import LoadedPlugin, User
from cochat_devkit.plugin import LoadRequest, Part
from cochat_devkit.runtime.conversation import Plugin
from cochat_devkit.runtime.kit.coroutines import Coroutines
from cochat_devkit.runtime.kit.loop import Loop
from cochat_devkit.runtime.kit.page import Recorder, Screen
from cochat_devkit.runtime.kit.places import Places, kind_of
from cochat_devkit.runtime.loading import load_here, stored_specs
from cochat_devkit.runtime.specs import model_specs
from cochat_devkit.runtime.standins.finder import install, uninstall
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from pathlib import Path

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.kit.chats import Model
    from cochat_devkit.runtime.loading import Loaded

Given = TypeVar("Given")
#: who calls in the task that is running, where it is not who calls in the test
CALLER: contextvars.ContextVar[User | None] = contextvars.ContextVar("caller", default=None)
ORDINARY = User(id="user-of-the-devkit", name="User", email="user@example.com")


@dataclass
class Saved:
    """Keep what an admin has saved as a plugin's valves: what a test was given, and what it set since."""

    instance: Any
    values: dict[str, Json] = field(default_factory=dict)
    _seen: dict[str, Any] = field(default_factory=dict)

    def take(self) -> dict[str, Json]:
        """Take up what the test set on the valves since the last call, and give all that is saved."""
        now = self._read()
        self.values |= {name: each for name, each in now.items() if name not in self._seen or each != self._seen[name]}
        return dict(self.values)

    def look(self) -> None:
        """Remember the valves as they are: what differs at the next call was set by the test, and not by a plugin."""
        self._seen = self._read()

    def _read(self) -> dict[str, Any]:
        valves = getattr(self.instance, "valves", None)
        return _copied(vars(valves)) if hasattr(valves, "__dict__") else {}


class Cast(NamedTuple):
    """Hold a plugin with all that the stage knows of it."""

    plugin: LoadedPlugin
    request: LoadRequest
    loaded: Loaded
    saved: Saved


class Stage:
    """Hold what the fixtures of one test share."""

    def __init__(self, *, root: Path, generation: Generation, find_plugin: Callable[[], LoadedPlugin]) -> None:
        self.root = root
        self.generation: Generation = generation
        self.places = Places(root)
        self.coroutines = Coroutines(self.places)
        self.loop = Loop(self.places)
        self.events = Recorder()
        self.screen = Screen(generation)
        #: who answers where a plugin itself asks a model; None while the test has no use for one
        self.model: Model | None = None
        self._find_plugin = find_plugin
        self._user = ORDINARY
        self._casts: dict[int, Cast] = {}
        self._last: LoadedPlugin | None = None
        self._modules_before = set(sys.modules)
        #: told of everything that plugins give to the outside: (what it is, itself)
        self.listeners: list[Callable[[str, Any], None]] = []
        #: what else was wrong, in sentences
        self.faults: list[str] = []
        self.network_is_open = False
        install(generation)

    def close(self) -> None:
        """Forget the plugins and what they imported of the server, and end the loop."""
        self.loop.close()
        self._casts.clear()
        self._last = None
        self.coroutines.close()
        uninstall()
        for name in set(sys.modules) - self._modules_before:
            if name.startswith(("tool_", "function_")):
                del sys.modules[name]

    def load(self, path: Path, valves: Mapping[str, Json] | None = None) -> LoadedPlugin:
        """Load a plugin inside the event loop, as the server does; whatever it raises goes through."""
        with path.open(encoding="utf-8", newline="") as file:
            source = file.read()
        request = LoadRequest(kind_of(path, source), path.stem, source, path, self.generation)
        self.places.add(path)
        loaded = self._load_in_loop(request)
        stored = stored_specs(loaded, self.generation)
        plugin = LoadedPlugin(
            id=request.id,
            kind=loaded.type,
            instance=loaded.instance,
            path=path,
            frontmatter=loaded.frontmatter,
            specs={spec["name"]: spec for spec in stored},
            model_specs={spec["name"]: spec for spec in model_specs(loaded.instance, stored)},
        )
        saved = Saved(loaded.instance, dict(valves or {}))
        saved.look()
        self._casts[id(plugin)] = Cast(plugin, request, loaded, saved)
        self._last = plugin
        return plugin

    def current(self, *kinds: str) -> LoadedPlugin:
        """Give the plugin that was loaded last, or else the one that the test belongs to.

        Raises:
            UsageError: it is of none of these kinds.
        """
        plugin = self._last or self._find_plugin()
        if kinds and plugin.kind not in kinds:
            raise UsageError(f"{plugin.path.name} is a {plugin.kind}, and no {' or '.join(kinds)}")
        return plugin

    def cast_of(self, plugin: LoadedPlugin) -> Cast:
        """Find what the stage knows of a plugin.

        Raises:
            UsageError: it was not loaded in this test.
        """
        if id(plugin) not in self._casts:
            raise UsageError(f"{plugin.path.name} was not loaded by this test's own load_plugin")
        return self._casts[id(plugin)]

    def part_of(self, plugin: LoadedPlugin) -> Plugin:
        """Make of a plugin a part of a turn, with what is saved now."""
        cast = self.cast_of(plugin)
        return Plugin(Part(cast.request, cast.saved.take(), dict(self.user.valves)), cast.loaded)

    @contextmanager
    def valves_of(self, plugin: LoadedPlugin) -> Iterator[dict[str, Json]]:
        """Give what is saved as a plugin's valves for the time of a call."""
        saved = self.cast_of(plugin).saved
        try:
            yield saved.take()
        finally:
            saved.look()

    @contextmanager
    def as_if_new(self, plugin: LoadedPlugin) -> Iterator[Callable[[], list[str]]]:
        """Let a plugin start from what it keeps now, and put that back afterwards.

        What is given tells which attributes of the instance, and which names of the module, it has changed.
        """
        module = self.cast_of(plugin).loaded.module
        rooms = [("self.", getattr(plugin.instance, "__dict__", {})), ("", vars(module))]
        kept = [(room, _state(room)) for _prefix, room in rooms]
        for room, state in kept:
            room.update(_copied(state))

        def changed() -> list[str]:
            pairs = zip(rooms, kept, strict=True)
            return [
                f"{prefix}{name}"
                for (prefix, room), (_room, state) in pairs
                for name, each in _state(room).items()
                if name not in state or each != state[name]
            ]

        try:
            yield changed
        finally:
            for room, state in kept:
                for name in _state(room).keys() - state.keys():
                    del room[name]
                room.update(state)

    @property
    def plugins(self) -> list[LoadedPlugin]:
        """List what was loaded, in order."""
        return [each.plugin for each in self._casts.values()]

    @property
    def user(self) -> User:
        """Say who calls."""
        return CALLER.get() or self._user

    @user.setter
    def user(self, user: User) -> None:
        self._user = user

    def on_event(self, event: Json) -> None:
        """Take an event of a plugin."""
        self.events.add(event)
        self.tell(f"the event {event.get('type')!r}" if isinstance(event, dict) else "an event", event)

    def tell(self, what: str, given: Any) -> None:
        """Let the guards see what plugins give to the outside."""
        for each in self.listeners:
            each(what, given)

    def run(self, work: Coroutine[Any, Any, Given]) -> Given:
        """Run a call in the loop of this test.

        Raises:
            UsageError: a loop runs already, that of an asynchronous test.
        """
        if _is_in_loop():
            work.close()
            raise UsageError("this test is asynchronous: write `await call_tool.awaited(…)`, and so for the others")
        return self.loop.run(work)

    def _load_in_loop(self, request: LoadRequest) -> Loaded:
        async def load() -> Loaded:
            return load_here(request)

        return load_here(request) if _is_in_loop() else self.loop.run(load(), watched=False)


def _is_in_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _state(room: Mapping[str, Any]) -> dict[str, Any]:
    """Take what is kept in an instance or a module, and not what was defined or imported there."""
    return {
        name: each
        for name, each in room.items()
        if not name.startswith("__") and not isinstance(each, type | ModuleType) and not callable(each)
    }


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy values; what cannot be copied is shared."""
    found = {}
    for name, each in values.items():
        try:
            found[name] = copy.deepcopy(each)
        except Exception:  # noqa: BLE001 - a lock, a client or a class of the plugin's own may refuse in any way
            found[name] = each
    return found
