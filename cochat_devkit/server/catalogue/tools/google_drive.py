"""
title: Google Drive
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] List and read files in Google Drive.
note: sample data of the local server, not the source that CoChat runs
"""

from pydantic import BaseModel, Field

FILES = {
    "roadmap.md": "# Roadmap\n\n1. Mirror\n2. Plugins\n3. Agents\n",
    "budget.csv": "month,planned,spent\n2026-01,1200,1140\n2026-02,1200,1260\n",
}


class Tools:
    class UserValves(BaseModel):
        refresh_token: str = Field(
            default="",
            description="What lets the tool into your Drive.",
            json_schema_extra={"input": {"type": "password"}},
        )

    async def list_files(self, name_contains: str = "") -> list[str]:
        """
        List files by name.
        :param name_contains: Only files whose name contains this.
        """
        return [name for name in FILES if name_contains.lower() in name]

    async def read_file(self, name: str) -> str:
        """
        Read one file as text.
        :param name: The file's name, as it is listed.
        """
        return FILES.get(name, f"[sample] there is no file {name}; there are {', '.join(FILES)}")
