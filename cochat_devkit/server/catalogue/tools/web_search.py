"""
title: Web Search
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Search the web and list what was found.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Literal

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        api_key: str = Field(
            default="",
            description="The key of the search service.",
            json_schema_extra={"input": {"type": "password"}},
        )
        engine: Literal["brave", "google", "searxng"] = Field(default="brave", description="Who searches.")
        most_results: int = Field(default=5, ge=1, le=20, description="How many results a search lists at most.")

    class UserValves(BaseModel):
        safe_search: bool = Field(default=True, description="Leave out what is not for everybody.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def search_web(self, query: str, count: int = 3) -> list[dict[str, str]]:
        """
        Search the web.
        :param query: What to look for.
        :param count: How many results to list.
        """
        wanted = min(count, self.valves.most_results)
        return [
            {
                "title": f"[sample] Result {number} for {query}",
                "url": f"https://example.com/{number}",
                "snippet": "The local server is offline: this is canned text.",
            }
            for number in range(1, wanted + 1)
        ]
