"""
title: Search Conversation History
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Find earlier messages of this conversation.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        most_hits: int = Field(default=5, ge=1, description="How many messages an answer has at most.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def search_conversation_history(
        self, words: str, __messages__: list[dict[str, Any]] | None = None
    ) -> list[dict[str, str]]:
        """
        Find messages of this conversation that contain some words.
        :param words: The words to look for, upper or lower case.
        """
        hits = [
            {"role": str(message.get("role")), "content": str(message.get("content"))}
            for message in __messages__ or []
            if words.lower() in str(message.get("content", "")).lower()
        ]
        return hits[-self.valves.most_hits :]
