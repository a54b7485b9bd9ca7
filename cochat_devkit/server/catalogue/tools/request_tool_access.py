"""
title: Request Tool Access
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Ask an administrator for a tool.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Any

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        admin_email: str = Field(default="admin@localhost", description="Who is asked.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def request_tool_access(self, tool_id: str, reason: str, __user__: dict[str, Any]) -> str:
        """
        Ask for access to a tool that you may not use yet.
        :param tool_id: The tool's id.
        :param reason: What you need it for.
        """
        name = __user__.get("name", "somebody")
        return f"[sample] {self.valves.admin_email} would read: {name} asks for {tool_id}, because {reason}"
