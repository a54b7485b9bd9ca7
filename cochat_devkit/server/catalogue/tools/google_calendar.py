"""
title: Google Calendar
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] List and make events in Google Calendar.
note: sample data of the local server, not the source that CoChat runs
"""

from datetime import date

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        calendar_id: str = Field(default="primary", description="Which calendar.")
        asks_first: bool = Field(default=True, description="Ask before an event is made.")

    class UserValves(BaseModel):
        time_zone: str = Field(default="UTC", description="The zone in which you give times.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def list_events(self, day: str) -> list[dict[str, str]]:
        """
        List the events of a day.
        :param day: The day, as 2026-01-31.
        """
        wanted = date.fromisoformat(day)
        return [{"start": f"{wanted}T09:00", "title": "[sample] Stand-up", "calendar": self.valves.calendar_id}]

    async def make_event(self, title: str, start: str, minutes: int = 30) -> str:
        """
        Make an event.
        :param title: What it is called.
        :param start: When it begins, as 2026-01-31T09:00.
        :param minutes: How long it lasts.
        """
        return f"[sample] {title} would be entered for {start}, {minutes} minutes"
