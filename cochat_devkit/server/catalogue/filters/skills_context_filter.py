"""
title: Skills Context
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Tell the model which skills there are.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=30, description="Filters run in the order of this number.")
        skills: str = Field(default="seo-audit, brainstorming", description="The skills, with commas between.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict[str, Any]) -> dict[str, Any]:
        names = [name.strip() for name in self.valves.skills.split(",") if name.strip()]
        if names:
            text = f"Skills you may ask for: {', '.join(names)}."
            body.setdefault("messages", []).insert(0, {"role": "system", "content": text})
        return body

    def stream(self, event: dict[str, Any]) -> dict[str, Any]:
        return event
