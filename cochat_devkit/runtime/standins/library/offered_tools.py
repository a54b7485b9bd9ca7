"""`open_webui.utils.tools`: the tools of a turn, where a plugin itself asks for them.

Whoever runs a turn says with `give_with` how they come about; while nobody does, asking refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cochat_devkit.runtime.standins.library import memory
from cochat_devkit.runtime.standins.refusing import NotOffline

#: given the ids of tools and the reserved arguments, gives what a model calls by name
Give = Callable[[list[str], Mapping[str, Any]], dict[str, Any]]


def give_with(give: Give) -> None:
    """Say who gives tools from now on, until the memory is reset."""
    memory.set_answerer("tools", give)


async def get_tools(tool_ids: list[str], extra_params: Mapping[str, Any]) -> dict[str, Any]:
    """Give the tools with these ids; one that takes no part is left out."""
    if not tool_ids:
        return {}
    give: Give | None = memory.answerer("tools")
    if give is None:
        raise NotOffline("open_webui.utils.tools.get_tools outside of a turn")
    return give(tool_ids, extra_params)


PLAYS = {"get_tools": get_tools}
