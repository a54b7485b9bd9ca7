"""
title: Checklist
author: example by cochat-devkit
version: 0.1.0
description: A button below an answer that turns its list into a checklist.
license: MIT
"""

import re
from collections.abc import Awaitable, Callable

from pydantic import BaseModel, Field

EventEmitter = Callable[[dict], Awaitable[None]]
EventCall = Callable[[dict], Awaitable[object]]
_ITEM = re.compile(r"^(\s*)(?:[-*+]|\d+[.)])\s+(?!\[[ xX]\] )", re.MULTILINE)


class Action:
    """An action is a button below an answer."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this action."""

        ask_first: bool = Field(default=True, description="ask before the answer is changed")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def action(
        self,
        body: dict,
        __event_emitter__: EventEmitter | None = None,
        __event_call__: EventCall | None = None,
    ) -> None:
        """Replace the answer that the button belongs to; one without a list stays as it is."""
        text = str(body["messages"][-1].get("content", ""))
        checklist, count = _ITEM.subn(r"\1- [ ] ", text)
        if not count:
            await emit(__event_emitter__, "notification", {"type": "info", "content": "There is no list to tick off."})
        elif not self.valves.ask_first or await is_confirmed(__event_call__, count):
            await emit(__event_emitter__, "replace", {"content": checklist})


async def is_confirmed(call: EventCall | None, count: int) -> bool:
    """Ask the person. Only True is a yes: a page that was closed answers with an error, which is truthy."""
    if call is None:
        return False
    question = {"title": "Make a checklist?", "message": f"{count} items of the answer become boxes to tick."}
    return await call({"type": "confirmation", "data": question}) is True


async def emit(emitter: EventEmitter | None, type_: str, data: dict) -> None:
    """Tell the page something."""
    if emitter is not None:
        await emitter({"type": type_, "data": data})
