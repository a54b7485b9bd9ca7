"""
title: Send Email
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Send an e-mail, after asking.
note: sample data of the local server, not the source that CoChat runs
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        smtp_host: str = Field(default="", description="The server that sends.")
        smtp_password: str = Field(
            default="",
            description="The password of the account that sends.",
            json_schema_extra={"input": {"type": "password"}},
        )
        asks_first: bool = Field(default=True, description="Ask before anything is sent.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def send_email(
        self,
        to: str,
        subject: str,
        text: str,
        __event_call__: Callable[[dict[str, Any]], Awaitable[Any]] | None = None,
    ) -> str:
        """
        Send an e-mail.
        :param to: The address.
        :param subject: The subject line.
        :param text: The message, plain text.
        """
        if self.valves.asks_first and __event_call__:
            question = {"title": "Send this e-mail?", "message": f"To {to}: {subject}"}
            if await __event_call__({"type": "confirmation", "data": question}) is not True:
                return "not sent: it was not confirmed"
        return f"[sample] an e-mail of {len(text)} characters would go to {to}"
