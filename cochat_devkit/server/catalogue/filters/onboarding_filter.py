"""
title: Onboarding
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Greet people in their first chat.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=5, description="Filters run in the order of this number.")
        greeting: str = Field(default="Say hello, and name two things you can do.", description="What is added.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = body.get("messages", [])
        if len(messages) == 1:
            messages.insert(0, {"role": "system", "content": self.valves.greeting})
        return body
