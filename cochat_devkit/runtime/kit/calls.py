"""The calls that a test makes: a tool, a filter, a pipe, an action; each as the server makes it."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import UsageError
from cochat_devkit.kit import ActionAnswer, FilterAnswer, PipeAnswer, ToolAnswer
from cochat_devkit.runtime.action_calls import OFFERED as OFFERED_TO_ACTIONS
from cochat_devkit.runtime.action_calls import run_action
from cochat_devkit.runtime.answers import to_answer
from cochat_devkit.runtime.conversation import CHAT, MESSAGE, SESSION
from cochat_devkit.runtime.filter_chain import OFFERED as TO_FILTERS
from cochat_devkit.runtime.filter_chain import Link, run_chain
from cochat_devkit.runtime.kit.offered import StagedChat
from cochat_devkit.runtime.pipe_calls import OFFERED as OFFERED_TO_PIPES
from cochat_devkit.runtime.pipe_calls import run_streamed, run_whole
from cochat_devkit.runtime.saved_valves import apply_valves, apply_valves_to_pipe
from cochat_devkit.runtime.tool_calls import OFFERED as OFFERED_TO_TOOLS
from cochat_devkit.runtime.tool_calls import call_method
from cochat_devkit.runtime.turn_tools import text_of_result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cochat_devkit.kit import LoadedPlugin
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.kit.stage import Stage


class _Call:
    """Know the stage, and what every call has: a chat of its own, and the reserved arguments."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def _chat(self, plugin: LoadedPlugin) -> StagedChat:
        return StagedChat(self._stage, [self._stage.part_of(plugin)])

    def _offered(
        self, chat: StagedChat, plugin: LoadedPlugin, names: Collection[str], more: dict[str, Any]
    ) -> dict[str, Any]:
        strange = [name for name in more if name not in names]
        if strange:
            raise UsageError(f"{strange[0]} is nothing that a server hands over here; it is one of: {', '.join(names)}")
        offered = chat.offer_all(plugin.id)
        return {name: more.get(name, offered.get(name)) for name in names}


class CallTool(_Call):
    """Call a method of a tool."""

    def __call__(self, name: str, /, **arguments: Json) -> ToolAnswer:
        """Call it from a test that is not asynchronous."""
        self._stage.current("tool")  # loaded before the call, which is watched
        return self._stage.run(self.awaited(name, **arguments))

    async def awaited(self, name: str, /, **arguments: Json) -> ToolAnswer:
        """Call it from a test that is asynchronous itself."""
        stage = self._stage
        plugin = stage.current("tool")
        if name not in plugin.specs:
            raise UsageError(f"{plugin.path.name} has no method {name}; it has: {', '.join(plugin.specs) or 'none'}")
        chat = self._chat(plugin)
        offered = self._offered(chat, plugin, OFFERED_TO_TOOLS[stage.generation], {})
        with stage.valves_of(plugin) as valves:
            apply_valves(plugin.instance, valves)
            if hasattr(plugin.instance, "UserValves"):
                offered["__user__"]["valves"] = plugin.instance.UserValves(**stage.user.valves)
            begun = time.perf_counter()
            value, error = await call_method(
                plugin.instance, plugin.specs[name], _as_said(arguments), offered, stage.generation
            )
            ms = (time.perf_counter() - begun) * 1000
        answer = to_answer(name, value, stage.generation)
        text = text_of_result(name, answer.text, stage.generation)
        stage.tell(f"what {name}() returned", [text, answer.files, answer.embeds])
        returned = None if error else value
        return ToolAnswer(text, returned, answer.files, answer.embeds, chat.page.events, error, ms)


class RunFilter(_Call):
    """Run one hook of a filter."""

    def __call__(self, hook: str, body: Json, **more: Json) -> FilterAnswer:
        """Run it from a test that is not asynchronous."""
        self._stage.current("filter")  # loaded before the call, which is watched
        return self._stage.run(self.awaited(hook, body, **more))

    async def awaited(self, hook: str, body: Json, **more: Json) -> FilterAnswer:
        """Run it from a test that is asynchronous itself."""
        stage = self._stage
        plugin = stage.current("filter")
        names = TO_FILTERS[stage.generation].get(hook)
        if names is None or not callable(getattr(plugin.instance, hook, None)):
            has = [each for each in TO_FILTERS[stage.generation] if hasattr(plugin.instance, each)]
            raise UsageError(f"{plugin.path.name} has no hook {hook}; it has: {', '.join(has) or 'none'}")
        chat = self._chat(plugin)
        offered = self._offered(chat, plugin, names, more)
        with stage.valves_of(plugin) as valves:
            link = Link(plugin.id, plugin.instance, valves, stage.user.valves)
            begun = time.perf_counter()
            told, _steps = await run_chain([link], hook, copy.deepcopy(body), offered, stage.generation)
            ms = (time.perf_counter() - begun) * 1000
        stage.tell(f"what {hook}() returned", told)
        return FilterAnswer(told, chat.page.events, ms)


class RunPipe(_Call):
    """Ask a pipe for an answer."""

    def __call__(self, body: Json, *, stream: bool = True, **more: Json) -> PipeAnswer:
        """Ask it from a test that is not asynchronous."""
        self._stage.current("pipe")  # loaded before the call, which is watched
        return self._stage.run(self.awaited(body, stream=stream, **more))

    async def awaited(self, body: Json, *, stream: bool = True, **more: Json) -> PipeAnswer:
        """Ask it from a test that is asynchronous itself."""
        stage = self._stage
        plugin = stage.current("pipe")
        chat = self._chat(plugin)
        offered = self._offered(chat, plugin, OFFERED_TO_PIPES, more)
        asked = {"model": plugin.id, "stream": stream, **copy.deepcopy(body)}
        chunks: list[Json] = []
        errors: list[Exception] = []
        whole: Json = None
        with stage.valves_of(plugin) as valves:
            apply_valves_to_pipe(plugin.instance, valves)
            begun = time.perf_counter()
            if stream:
                lines = run_streamed(
                    plugin.instance, asked, offered, stage.user.valves, stage.generation, failed=errors.append
                )
                chunks = list(_parsed([each async for each in lines]))
            else:
                whole = await run_whole(plugin.instance, asked, offered, stage.user.valves, failed=errors.append)
            ms = (time.perf_counter() - begun) * 1000
        stage.tell("what pipe() answered", [chunks, whole])
        parts = chunks if stream else [whole]
        return PipeAnswer("".join(map(_text_of, parts)), chunks, whole, chat.page.events, next(iter(errors), None), ms)


class RunAction(_Call):
    """Press the button of an action."""

    def __call__(self, body: Json, *, id: str | None = None, **more: Json) -> ActionAnswer:  # noqa: A002
        """Press it in a test that is not asynchronous."""
        self._stage.current("action")  # loaded before the call, which is watched
        return self._stage.run(self.awaited(body, id=id, **more))

    async def awaited(self, body: Json, *, id: str | None = None, **more: Json) -> ActionAnswer:  # noqa: A002
        """Press it in a test that is asynchronous itself."""
        stage = self._stage
        plugin = stage.current("action")
        chat = self._chat(plugin)
        offered = self._offered(chat, plugin, OFFERED_TO_ACTIONS, {"__id__": id or plugin.id, **more})
        sent = {"model": chat.model["id"], "chat_id": CHAT, "id": MESSAGE, "session_id": SESSION, **copy.deepcopy(body)}
        with stage.valves_of(plugin) as valves:
            apply_valves(plugin.instance, valves)
            begun = time.perf_counter()
            value, embeds = await run_action(
                plugin.id, plugin.instance, sent, offered, stage.user.valves, stage.generation
            )
            ms = (time.perf_counter() - begun) * 1000
        stage.tell("what action() returned", [value, embeds])
        return ActionAnswer(value, embeds, chat.page.events, ms)


def _as_said(arguments: dict[str, Json]) -> dict[str, Json]:
    """Bring arguments into the form that a model gives them: JSON."""
    try:
        found: dict[str, Json] = json.loads(json.dumps(arguments))
    except TypeError as error:
        raise UsageError(f"a model cannot say such an argument: {error}") from error
    return found


def _parsed(lines: Iterable[Any]) -> Iterable[Json]:
    """Read the lines of an event stream; what is no JSON is kept as it is, and the end is none."""
    for line in lines:
        text = (line.decode("utf-8", "replace") if isinstance(line, bytes) else str(line)).strip()
        for each in filter(None, text.split("\n")):
            told = each.removeprefix("data:").strip()
            if told == "[DONE]":
                continue
            try:
                yield json.loads(told)
            except ValueError:
                yield told


def _text_of(part: Json) -> str:
    """Take the text of a chunk or of a whole answer."""
    if not isinstance(part, dict):
        return ""
    choices = part.get("choices") or [{}]
    said = choices[0].get("delta") or choices[0].get("message") or {}
    return str(said.get("content") or "")
