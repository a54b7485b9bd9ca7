"""
title: Query Documents
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Find passages in the documents of a knowledge base.
note: sample data of the local server, not the source that CoChat runs
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field

PASSAGES = {
    "handbook.md": "A plugin is one file with a frontmatter and one class.",
    "faq.md": "A toggle asked twice changes nothing.",
}


class Tools:
    class Valves(BaseModel):
        top_k: int = Field(default=3, ge=1, le=20, description="How many passages an answer has at most.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def query_documents(
        self, question: str, __event_emitter__: Callable[[dict[str, Any]], Awaitable[None]] | None = None
    ) -> list[dict[str, str]]:
        """
        Find passages that may answer a question.
        :param question: The question, in your own words.
        """
        if __event_emitter__:
            await __event_emitter__({"type": "status", "data": {"description": f"Reading: {question}", "done": True}})
        found = [{"source": name, "text": f"[sample] {text}"} for name, text in PASSAGES.items()]
        return found[: self.valves.top_k]
