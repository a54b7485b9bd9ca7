"""
title: UI Highlight
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Point at a part of the page.
note: sample data of the local server, not the source that CoChat runs
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        duration_ms: int = Field(default=1500, ge=100, description="How long the highlight stays.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def highlight(
        self,
        part: Literal["sidebar", "composer", "model_selector", "settings"],
        __event_emitter__: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
    ) -> str:
        """
        Point at a part of the page.
        :param part: Which part.
        """
        if __event_emitter__:
            shown = {"type": "info", "content": f"[sample] look at the {part}"}
            await __event_emitter__({"type": "notification", "data": shown})
        return f"{part} is highlighted for {self.valves.duration_ms} ms"
