"""
title: Conversation in numbers
author: example by cochat-devkit
version: 0.1.0
description: Two models that answer any message with numbers about the conversation: its words, or its messages.
license: MIT
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from pydantic import BaseModel, Field

EventEmitter = Callable[[dict], Awaitable[None]]


class Pipe:
    """A pipe with `pipes` is a manifold: people choose one of its models, and `body["model"]` says which."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this pipe."""

        most_frequent: int = Field(default=3, ge=0, description="how many of the most frequent words are listed")
        min_letters: int = Field(default=4, ge=1, description="shorter words are not counted as frequent")

    def __init__(self) -> None:
        self.name = "Numbers: "
        self.valves = self.Valves()

    def pipes(self) -> list[dict]:
        """Name the models; the server puts `name` before each."""
        return [{"id": "words", "name": "words"}, {"id": "messages", "name": "messages"}]

    async def pipe(self, body: dict, __event_emitter__: EventEmitter | None = None) -> AsyncIterator[str]:
        """Answer line by line; the id in the body begins with that of the pipe."""
        spoken = [each for each in body.get("messages", []) if each.get("role") in {"user", "assistant"}]
        await show_status(__event_emitter__, f"Counting {len(spoken)} messages", done=False)
        lines = self._words(spoken) if body["model"].endswith(".words") else self._messages(spoken)
        for line in lines:
            yield f"{line}\n"
        await show_status(__event_emitter__, f"Counted {len(spoken)} messages", done=True)

    def _words(self, messages: list[dict]) -> list[str]:
        words = [word for each in messages for word in words_of(each)]
        frequent = Counter(word for word in words if len(word) >= self.valves.min_letters)
        listed = [f"- {word}: {count}" for word, count in frequent.most_common(self.valves.most_frequent)]
        return [f"{len(words)} words, {len(set(words))} of them different", *listed]

    def _messages(self, messages: list[dict]) -> list[str]:
        counted = Counter(each["role"] for each in messages)
        return [f"{len(messages)} messages", *(f"- {role}: {count}" for role, count in sorted(counted.items()))]


def words_of(message: dict) -> list[str]:
    """Take the words of a message in lower case; with a picture beside it, the content is a list of parts."""
    content = message.get("content") or ""
    texts = [content] if isinstance(content, str) else [each.get("text", "") for each in content]
    found = [word.strip(".,;:!?\"'()*_").lower() for text in texts for word in text.split()]
    return [word for word in found if word]


async def show_status(emit: EventEmitter | None, description: str, *, done: bool) -> None:
    """Show a line above the answer; the last one must be done, or it spins for ever."""
    if emit is not None:
        await emit({"type": "status", "data": {"description": description, "done": done}})
