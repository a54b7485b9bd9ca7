"""
title: HTML Document
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Make an HTML page of a title and paragraphs.
note: sample data of the local server, not the source that CoChat runs
"""

import html

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        language: str = Field(default="en", description="The language the page says it is in.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    def make_html(self, title: str, paragraphs: list[str]) -> str:
        """
        Make a whole HTML page.
        :param title: The title and first heading.
        :param paragraphs: The text, one item for each paragraph.
        """
        body = "\n".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
        heading = html.escape(title)
        return (
            f'<!doctype html>\n<html lang="{html.escape(self.valves.language)}">\n'
            f"<head><title>{heading}</title></head>\n<body>\n<h1>{heading}</h1>\n{body}\n</body>\n</html>\n"
        )
