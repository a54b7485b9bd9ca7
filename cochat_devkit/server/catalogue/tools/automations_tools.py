"""
title: Automations
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] List and make automations.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Literal

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        most_automations: int = Field(default=20, ge=0, description="How many automations one person may have.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def list_automations(self) -> list[dict[str, str]]:
        """
        List your automations.
        """
        return [{"id": "sample-1", "name": "[sample] Morning summary", "trigger": "daily"}]

    async def make_automation(self, name: str, prompt: str, trigger: Literal["once", "daily", "weekly"]) -> str:
        """
        Make an automation that sends a prompt at set times.
        :param name: What it is called.
        :param prompt: What is sent to the model.
        :param trigger: How often it runs.
        """
        return f"[sample] {name} would run {trigger} with a prompt of {len(prompt)} characters"
