"""
title: Collaborative Context
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Tell the model who else is in a shared chat.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=20, description="Filters run in the order of this number.")
        most_names: int = Field(default=8, ge=1, description="How many people are named at most.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict[str, Any], __metadata__: dict[str, Any] | None = None) -> dict[str, Any]:
        people = (__metadata__ or {}).get("collaborators") or []
        if people:
            names = ", ".join(str(name) for name in people[: self.valves.most_names])
            body.setdefault("messages", []).insert(0, {"role": "system", "content": f"In this chat: {names}."})
        return body
