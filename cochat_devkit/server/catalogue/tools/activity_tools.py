"""
title: Activity
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Tell what happened lately.
note: sample data of the local server, not the source that CoChat runs
"""

from pydantic import BaseModel, Field

EVENTS = ("a chat was shared", "an agent was changed", "a file was added", "an automation ran")


class Tools:
    class Valves(BaseModel):
        shows_names: bool = Field(default=False, description="Tell who did it.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def recent_activity(self, hours: int = 24) -> list[str]:
        """
        List what happened lately, newest first.
        :param hours: How far to look back.
        """
        who = " by Mei" if self.valves.shows_names else ""
        return [f"[sample] {event}{who}" for event in EVENTS[: max(1, hours // 6)]]
