"""Ask our own runtime a scenario, and gather what can be seen of the answer in the words of a real server's."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import LoadFailure
from cochat_devkit.runtime.child_loader import ChildLoader
from tests.parity.chats.real import TEMPLATES, read_log
from tests.parity.chats.scripted import scripted_model
from tests.parity.chats.seen import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cochat_devkit.plugin import Generation, Turn, TurnResult
    from tests.parity.chats.scenario import Scenario
    from tests.parity.chats.scripted import ScriptedModel

Json = Any
TURN_TIMEOUT_S = 20.0
#: what our runtime calls the people and things of a chat
_NAMES = {
    "chat-of-the-devkit": "<chat>",
    "session-of-the-devkit": "<session>",
    "user-of-the-devkit": "<user>",
    "admin-of-the-devkit": "<user>",
    "user@example.com": "<email>",
    "admin@example.com": "<email>",
}


class OurSide:
    """Our runtime, in a child process, and a scripted model for scenarios that want one at a URL."""

    def __init__(self, loader: ChildLoader, model: ScriptedModel, folder: Path) -> None:
        self._loader = loader
        self._model = model
        self._folder = folder

    def ask(self, scenario: Scenario, generation: Generation) -> Json:
        """Play one scenario, and return what was seen of it."""
        log = self._folder / f"{scenario.name}.log"
        log.unlink(missing_ok=True)
        turn = scenario.turn_for(generation, log)
        if scenario.by_endpoint:
            self._model.play(turn.script)
            turn = dataclasses.replace(turn, script=(), endpoint=self._model.url)
        told = self._loader.chat(turn, generation, timeout_s=TURN_TIMEOUT_S)
        assert not isinstance(told, LoadFailure), told
        seen = _see_page(told, turn) if turn.path == "page" else _see_api(told)
        requests = self._model.requests if scenario.by_endpoint else told.requests
        # what a pipe is given, nobody sees on a server
        ids = {part.request.id for part in turn.parts}
        asked = [each for each in requests if each["model"].partition(".")[0] not in ids]
        return plain({**seen, "requests": asked, "log": read_log(log), "names": _names(turn)})


def _see_api(told: TurnResult) -> Json:
    """Say it as the server's endpoint answers; what ends a turn is a refusal of 0.12, and 0.6 keeps quiet of it."""
    if told.chunks:
        return {"status": 200, "chunks": told.chunks}
    is_refused = told.error is not None and isinstance(told.body, dict) and set(told.body) == {"detail"}
    return {"status": 400 if is_refused else 200, "body": told.body}


def _see_page(told: TurnResult, turn: Turn) -> Json:
    """Say it as the page sees it; a page that is closed is not asked."""
    events = [each for each in told.events if turn.replies or "answer" not in each]
    bare = [{name: each for name, each in event.items() if name != "answer"} for event in events]
    seen = {"events": bare, "messages": told.messages}
    return {**seen, **(_see_api(told) if turn.action is not None else {"status": 200})}


def _names(turn: Turn) -> dict[str, str]:
    answer = sum(each["role"] != "system" for each in turn.messages)
    asked = {f"message-{number + 1}": f"<message {number}>" for number in range(answer)}
    return {**_NAMES, **asked, "message-of-the-devkit": f"<message {answer}>"}


@contextmanager
def our_side(folder: Path) -> Iterator[OurSide]:
    """Start a child process for the length of the `with` block."""
    with ExitStack() as stack:
        model = stack.enter_context(scripted_model())
        yield OurSide(stack.enter_context(ChildLoader(settings=TEMPLATES)), model, folder)
