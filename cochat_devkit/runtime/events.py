"""What a plugin tells a page and asks it, recorded; a page that answers as it was told to, and otherwise is closed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.snapshots import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.saved_chat import SavedChat

#: what the server says for a page that is not there. Source: Open WebUI 0.12.4, socket/main.py
DISCONNECTED = {"error": "Client session disconnected."}


class Page:
    """Stand for the page of a chat: `emit` and `ask` are what a plugin gets as event emitter and event call.

    `saved` is the chat that keeps what goes by. A plain API call has no page: what is told is still recorded, and what
    is asked has nobody to answer it.
    """

    def __init__(
        self,
        replies: Mapping[str, Json],
        generation: Generation,
        *,
        saved: SavedChat | None = None,
        is_there: bool = True,
    ) -> None:
        self._replies = replies
        self._generation = generation
        self._saved = saved
        self._is_there = is_there
        #: in order; those that were asked have an `answer`
        self.events: list[Json] = []

    async def emit(self, event: Any) -> None:
        """Take an event, and let the chat keep of it what it keeps.

        Raises:
            TypeError: it is no JSON, and so does not get to the page of a chat.
            AttributeError: it is no dictionary, which a chat looks into.
        """
        self.events.append(to_json(event))
        if self._saved is not None:
            json.dumps(event)
            self._saved.keep(event)

    async def ask(self, event: Any) -> Any:
        """Answer an event call.

        Raises:
            TimeoutError: 0.6 waits for a page that does not answer, and gives up.
            ValueError: on 0.6 there is no page to ask.
        """
        kind = str(event.get("type")) if isinstance(event, dict) else ""
        asked: Json = to_json(event)
        if self._is_there and kind in self._replies:
            answer = self._replies[kind]
        elif self._generation == "0.6":
            self.events.append({**asked, "answer": None} if isinstance(asked, dict) else asked)
            if self._is_there:
                raise TimeoutError
            raise ValueError("Cannot use call() to broadcast.")
        else:
            answer = DISCONNECTED
        self.events.append({**asked, "answer": answer} if isinstance(asked, dict) else asked)
        return answer
