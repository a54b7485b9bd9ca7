"""
title: Memory Recall
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Recall what a person said before.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field

MEMORIES = ("prefers short answers", "works on the release in March", "is learning Portuguese")


class Tools:
    class Valves(BaseModel):
        least_overlap: int = Field(default=1, ge=0, description="How many words a memory must share with the question.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def recall(self, question: str, __user__: dict[str, Any]) -> list[str]:
        """
        Recall what is known about the person who asks.
        :param question: What you want to know about them.
        """
        words = set(question.lower().split())
        name = __user__.get("name", "somebody")
        hits = [text for text in MEMORIES if len(words & set(text.split())) >= self.valves.least_overlap]
        return [f"[sample] {name} {text}" for text in hits]
