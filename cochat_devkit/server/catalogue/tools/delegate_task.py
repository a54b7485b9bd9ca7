"""
title: Delegate Task
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Hand one task to another agent.
note: sample data of the local server, not the source that CoChat runs
"""

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        default_agent: str = Field(default="General", description="The agent that gets a task when none is named.")
        timeout_s: int = Field(default=120, ge=1, description="Give up on the other agent after this many seconds.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def delegate_task(self, task: str, agent: str = "") -> str:
        """
        Hand a task to another agent and wait for its answer.
        :param task: What is to be done, in one or two sentences.
        :param agent: The agent's name; the default agent when empty.
        """
        chosen = agent or self.valves.default_agent
        return f"[sample] {chosen} would now work on: {task}"
