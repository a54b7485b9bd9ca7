"""
title: Integration Suggester
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Suggest a tool that fits what was asked.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field

SUGGESTIONS = {"spreadsheet": "google_sheets", "calendar": "google_calendar", "drive": "google_drive"}


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=60, description="Filters run in the order of this number.")
        text: str = Field(default="The tool {tool} may help.", description="How a tool is suggested.")

    def __init__(self) -> None:
        self.valves = self.Valves()
        self.toggle = True
        self.icon = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="

    async def outlet(self, body: dict[str, Any]) -> dict[str, Any]:
        messages = body.get("messages", [])
        asked = " ".join(str(each.get("content", "")) for each in messages if each.get("role") == "user").lower()
        for word, tool in SUGGESTIONS.items():
            if word in asked and messages:
                messages[-1]["content"] = f"{messages[-1].get('content', '')}\n\n{self.valves.text.format(tool=tool)}"
                break
        return body
