"""
title: Delegate Tasks
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Hand several tasks to other agents at once.
note: sample data of the local server, not the source that CoChat runs
"""

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        most_at_once: int = Field(default=4, ge=1, le=16, description="How many tasks may run side by side.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def delegate_tasks(self, tasks: list[str]) -> str:
        """
        Hand several tasks to other agents and gather their answers.
        :param tasks: One sentence for each task.
        """
        rounds = -(-len(tasks) // self.valves.most_at_once)
        lines = [f"{number}. {task}" for number, task in enumerate(tasks, start=1)]
        return "\n".join([f"[sample] {len(tasks)} tasks, {rounds} rounds:", *lines])
