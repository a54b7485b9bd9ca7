"""
title: Moderation
author: example by cochat-devkit
version: 0.1.0
description: Refuses messages that contain words from a list, and masks those words in answers.
license: MIT
"""

import re

from pydantic import BaseModel, Field


class Filter:
    """Keep listed words out of the conversation, in both directions."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this filter."""

        priority: int = Field(default=-100, description="filters run in this order, the lowest first")
        words: str = Field(default="", description="words that are not allowed, separated by commas")
        refusal: str = Field(default="Your message contains a word that is not allowed here.", description="the reply")
        mask: str = Field(default="***", description="what a word in an answer is replaced by")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def inlet(self, body: dict) -> dict:
        """Refuse the newest message; an exception ends the request, and its text is what people read.

        Only the newest: a word that was let through before the list was made must not block the conversation for ever.
        """
        asked = [message for message in body.get("messages", []) if message.get("role") == "user"]
        if asked and self._pattern().search(text_of(asked[-1])):
            raise ValueError(self.valves.refusal)
        return body

    async def outlet(self, body: dict) -> dict:
        """Mask the words in the answers."""
        pattern = self._pattern()
        for message in body.get("messages", []):
            if message.get("role") == "assistant" and isinstance(message.get("content"), str):
                message["content"] = pattern.sub(lambda _found: self.valves.mask, message["content"])
        return body

    def _pattern(self) -> re.Pattern[str]:
        """Match whole words in any case; an empty list matches nothing."""
        words = [re.escape(word.strip()) for word in self.valves.words.split(",") if word.strip()]
        return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)" if words else r"(?!)", re.IGNORECASE)


def text_of(message: dict) -> str:
    """Take the text of a message; with a picture beside it, the content is a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content if part.get("type") == "text")
