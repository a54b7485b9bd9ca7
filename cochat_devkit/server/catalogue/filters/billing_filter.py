"""
title: Billing
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Count what a chat costs and stop at a limit.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Filter:
    class Valves(BaseModel):
        priority: int = Field(default=90, description="Filters run in the order of this number.")
        characters_per_credit: int = Field(default=4000, ge=1, description="What one credit buys.")
        most_credits: float = Field(default=100.0, ge=0, description="Where one message is refused.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def inlet(self, body: dict[str, Any]) -> dict[str, Any]:
        credits_needed = self._count(body) / self.valves.characters_per_credit
        if credits_needed > self.valves.most_credits:
            raise ValueError(f"this message would cost {credits_needed:.1f} credits")
        return body

    def outlet(self, body: dict[str, Any]) -> dict[str, Any]:
        body["sample_credits"] = round(self._count(body) / self.valves.characters_per_credit, 3)
        return body

    @staticmethod
    def _count(body: dict[str, Any]) -> int:
        return sum(len(str(message.get("content", ""))) for message in body.get("messages", []))
