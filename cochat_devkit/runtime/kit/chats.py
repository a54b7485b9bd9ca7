"""A whole turn of a chat in a test, and the model that answers in it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Literal

from cochat_devkit.errors import UsageError
from cochat_devkit.kit import LoadedPlugin
from cochat_devkit.plugin import Turn
from cochat_devkit.runtime.kit.offered import StagedChat
from cochat_devkit.runtime.kit.places import absolute
from cochat_devkit.runtime.turns import hold_turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cochat_devkit.plugin import TurnResult
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.kit.stage import Stage

_SCRIPTED = "scripted"


class Model:
    """Be the model of a chat: it says what it was told to, in order, and then repeats what it is asked."""

    def __init__(self) -> None:
        self._script: list[Json] = []
        #: the payloads that it was given, one for each of its answers
        self.requests: list[Json] = []

    def says(self, text: str) -> None:
        """Answer with a text."""
        self._script.append({"text": text})

    def calls(self, name: str, /, **arguments: Json) -> None:
        """Answer by calling a tool; what it says next is its answer to the result."""
        self._script.append({"calls": [{"name": name, "arguments": arguments}]})

    @property
    def script(self) -> tuple[Json, ...]:
        """Give what is not said yet."""
        return tuple(self._script)

    def was_asked(self, requests: Sequence[Json], left: Sequence[Json]) -> None:
        """Remember what it was given, and what it has not said to that."""
        self.requests += requests
        self._script = list(left)


class Chat:
    """Hold one whole turn of a chat."""

    def __init__(self, stage: Stage, model: Model) -> None:
        self._stage, self._model = stage, model

    def __call__(self, text: str | Sequence[Json], **asked: Any) -> TurnResult:
        """Ask from a test that is not asynchronous."""
        return self._stage.run(self._hold(*self._prepare(text, **asked)))

    async def awaited(self, text: str | Sequence[Json], **asked: Any) -> TurnResult:
        """Ask from a test that is asynchronous itself."""
        return await self._hold(*self._prepare(text, **asked))

    def _prepare(
        self,
        text: str | Sequence[Json],
        *,
        model: str | LoadedPlugin | None = None,
        tools: Sequence[str | Path | LoadedPlugin] = (),
        filters: Sequence[str | Path | LoadedPlugin] = (),
        path: Literal["page", "api"] = "page",
        **body: Json,
    ) -> tuple[list[LoadedPlugin], Turn]:
        """Load who takes part, before the turn, which is watched, and say what is asked."""
        plugins = self._plugins(model, tools, filters)
        turn = Turn(
            messages=[{"role": "user", "content": text}] if isinstance(text, str) else list(text),
            model=_id_of(model, plugins),
            path=path,
            body=body,
            enabled=tuple(each.id for each in plugins if each.kind == "filter"),
            script=self._model.script,
            role=self._stage.user.role,
        )
        return plugins, turn

    async def _hold(self, plugins: Sequence[LoadedPlugin], turn: Turn) -> TurnResult:
        stage = self._stage
        with ExitStack() as stack:
            for each in plugins:
                stack.enter_context(stage.valves_of(each))
            chat = StagedChat(stage, [stage.part_of(each) for each in plugins], turn)
            result = await hold_turn(chat)
        self._model.was_asked(result.requests, chat.script.left)
        stage.tell("what the model was given", result.requests)
        stage.tell("what the person reads", [result.text, result.messages, result.body, result.chunks])
        return result

    def _plugins(
        self,
        model: str | LoadedPlugin | None,
        tools: Sequence[str | Path | LoadedPlugin],
        filters: Sequence[str | Path | LoadedPlugin],
    ) -> list[LoadedPlugin]:
        """Load who takes part: those that are named, or else the one that the test is about."""
        stage = self._stage
        plugins = [*self._loaded("tool", tools), *self._loaded("filter", filters)]
        if isinstance(model, LoadedPlugin):
            plugins.append(model)
        elif model is not None:
            plugins += [each for each in stage.plugins if each.kind == "pipe" and each.id == model.partition(".")[0]]
        return plugins or [stage.current("tool", "filter", "pipe")]

    def _loaded(self, kind: str, words: Iterable[str | Path | LoadedPlugin]) -> list[LoadedPlugin]:
        stage = self._stage
        found = [each if isinstance(each, LoadedPlugin) else stage.load(absolute(each, stage.root)) for each in words]
        for each in found:
            if each.kind != kind:
                raise UsageError(f"{each.path.name} is a {each.kind}, and no {kind}")
        return found


def _id_of(model: str | LoadedPlugin | None, plugins: Sequence[LoadedPlugin]) -> str:
    if isinstance(model, str):
        return model
    pipe = model or next((each for each in plugins if each.kind == "pipe"), None)
    return pipe.id if pipe else _SCRIPTED
