"""
title: OpenRouter
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Offer the models of OpenRouter.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field

MODELS = {
    "anthropic/claude-sonnet-4": "Claude Sonnet 4",
    "meta-llama/llama-3.3-70b-instruct": "Llama 3.3 70B",
    "moonshotai/kimi-k2": "Kimi K2",
}


class Pipe:
    class Valves(BaseModel):
        api_key: str = Field(
            default="",
            description="The key of OpenRouter.",
            json_schema_extra={"input": {"type": "password"}},
        )
        name_prefix: str = Field(default="OpenRouter/", description="What stands before each model's name.")

    def __init__(self) -> None:
        self.type = "manifold"
        self.valves = self.Valves()
        self.name = self.valves.name_prefix

    def pipes(self) -> list[dict[str, str]]:
        return [{"id": id_, "name": name} for id_, name in MODELS.items()]

    async def pipe(self, body: dict[str, Any]) -> str:
        model = str(body.get("model", "")).partition(".")[2]
        messages = body.get("messages") or [{}]
        asked = str(messages[-1].get("content", ""))
        return f"[sample] {MODELS.get(model, model)} would answer: {asked}"
