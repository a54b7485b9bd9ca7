"""
title: Google Sheets
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Read and append rows in Google Sheets.
note: sample data of the local server, not the source that CoChat runs
"""

from pydantic import BaseModel, Field

ROWS = [["month", "planned", "spent"], ["2026-01", "1200", "1140"], ["2026-02", "1200", "1260"]]


class Tools:
    class Valves(BaseModel):
        most_rows: int = Field(default=100, ge=1, description="How many rows an answer has at most.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def read_rows(self, sheet: str, first: int = 1) -> list[list[str]]:
        """
        Read the rows of a sheet.
        :param sheet: The name of the sheet.
        :param first: The number of the first row, counted from 1.
        """
        del sheet
        return ROWS[first - 1 : first - 1 + self.valves.most_rows]

    async def append_row(self, sheet: str, cells: list[str]) -> str:
        """
        Append a row to a sheet.
        :param sheet: The name of the sheet.
        :param cells: The cells, from left to right.
        """
        return f"[sample] {len(cells)} cells would be appended to {sheet}"
