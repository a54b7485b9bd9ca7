"""
title: Conversation context
author: example by cochat-devkit
version: 0.1.0
description: Tells the model what day it is and whom it is talking to.
license: MIT
"""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, field_validator


class Filter:
    """Append a few facts to the system prompt; the conversation that people see does not change."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this filter."""

        priority: int = Field(default=0, description="filters run in this order, the lowest first")
        time_zone: str = Field(default="UTC", description="where the server's people live, as in Europe/Berlin")
        date_format: str = Field(default="%A, %d %B %Y, %H:%M", description="how the date is written, as in strftime")

        @field_validator("time_zone")
        @classmethod
        def check_time_zone(cls, name: str) -> str:
            """Refuse a time zone that does not exist when the valves are saved, not when somebody chats."""
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ValueError(f"there is no time zone {name!r}") from error
            return name

    class UserValves(BaseModel):
        """What each person may change for themselves."""

        share_my_name: bool = Field(default=True, description="let the model know my name")

    def __init__(self) -> None:
        self.valves = self.Valves()
        self.now = datetime.now

    async def inlet(self, body: dict, __user__: dict | None = None) -> dict:
        """Append the facts to the system prompt, or make one."""
        facts = "\n".join(["Context:", *self._facts(__user__ or {})])
        messages = body.setdefault("messages", [])
        if messages and messages[0].get("role") == "system":
            messages[0]["content"] = f"{messages[0]['content']}\n\n{facts}"
        else:
            messages.insert(0, {"role": "system", "content": facts})
        return body

    def _facts(self, user: dict) -> list[str]:
        now = self.now(ZoneInfo(self.valves.time_zone))
        facts = [f"- It is {now.strftime(self.valves.date_format)} ({self.valves.time_zone})."]
        own_choice = user.get("valves") or self.UserValves()
        if user.get("name") and own_choice.share_my_name:
            facts.append(f"- You are talking to {user['name']}.")
        return facts
