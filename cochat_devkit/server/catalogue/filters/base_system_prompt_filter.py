"""
title: Base System Prompt
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Put a common system prompt before every chat.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=0, description="Filters run in the order of this number.")
        prompt: str = Field(default="You are a careful assistant.", description="What every chat begins with.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = body.setdefault("messages", [])
        if messages and messages[0].get("role") == "system":
            messages[0]["content"] = f"{self.valves.prompt}\n\n{messages[0]['content']}"
        else:
            messages.insert(0, {"role": "system", "content": self.valves.prompt})
        return body
