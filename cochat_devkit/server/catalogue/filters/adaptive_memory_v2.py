"""
title: Adaptive Memory
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Remember what a person says about themselves.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field

MARKERS = ("my name is", "i am ", "i like ", "i work ")


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=10, description="Filters run in the order of this number.")
        most_memories: int = Field(default=20, ge=0, description="How many sentences are kept for one person.")

    class UserValves(BaseModel):
        remembers: bool = Field(default=True, description="Whether anything is kept about you.")

    def __init__(self) -> None:
        self.valves = self.Valves()
        self.memories: dict[str, list[str]] = {}

    async def inlet(self, body: dict[str, Any], __user__: dict[str, Any] | None = None) -> dict[str, Any]:
        user = __user__ or {}
        wishes = user.get("valves")
        if wishes is not None and not wishes.remembers:
            return body
        kept = self.memories.setdefault(str(user.get("id", "")), [])
        for message in body.get("messages", [])[-1:]:
            text = str(message.get("content", ""))
            if any(marker in text.lower() for marker in MARKERS):
                kept.append(text)
        del kept[: max(0, len(kept) - self.valves.most_memories)]
        return body
