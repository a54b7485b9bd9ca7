"""What a plugin tells a page and asks it, recorded; a page that answers as it was told to, and otherwise is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: what the server says for a page that is not there. Source: Open WebUI 0.12.4, socket/main.py
DISCONNECTED = {"error": "Client session disconnected."}


class Page:
    """Stand for the page of a chat: `emit` and `ask` are what a plugin gets as event emitter and event call."""

    def __init__(self, replies: Mapping[str, Json], generation: Generation) -> None:
        self._replies = replies
        self._generation = generation
        #: in order; those that were asked have an `answer`
        self.events: list[Json] = []

    async def emit(self, event: Any) -> None:
        """Take an event."""
        self.events.append(event)

    async def ask(self, event: Any) -> Any:
        """Answer an event call.

        Raises:
            TimeoutError: 0.6 waits for a page that is not there, and gives up.
        """
        kind = str(event.get("type")) if isinstance(event, dict) else ""
        if kind in self._replies:
            answer = self._replies[kind]
        elif self._generation == "0.6":
            self.events.append({**event, "answer": None} if isinstance(event, dict) else event)
            raise TimeoutError
        else:
            answer = DISCONNECTED
        self.events.append({**event, "answer": answer} if isinstance(event, dict) else event)
        return answer
