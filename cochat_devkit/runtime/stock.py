"""What plugins find in the memory of the played server while a turn runs: who asks, the chat, and the parts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.library import memory, offered_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.plugin import Generation, Turn
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Plugin


def add_person(person: dict[str, Any], plugins: Sequence[Plugin]) -> None:
    """Put in who asks, with what they saved as their valves; one who is there already stays who they are."""
    if person["id"] in memory.rows("user"):
        return
    settings: Json = {}
    for each in plugins:
        kind = settings.setdefault(f"{each.part.request.kind}s", {"valves": {}})
        kind["valves"][each.id] = each.part.user_valves
    memory.add_user(**{**person, "settings": settings})


def add_parts(owner: str, plugins: Sequence[Plugin], turn: Turn, generation: Generation) -> None:
    """Put in the tools, functions and the agent of a turn, when somebody looks for such things."""
    memory.fill_later("tool", partial(_add_tools, owner, plugins, generation))
    memory.fill_later("function", partial(_add_functions, owner, plugins))
    offered_tools.give_with(partial(_give_tools, plugins, generation))
    if turn.agent:
        agent = {"user_id": owner, "base_model_id": turn.model, **turn.agent}
        memory.fill_later("model", partial(memory.add_model, **agent))


def _give_tools(
    plugins: Sequence[Plugin], generation: Generation, ids: list[str], offered: Mapping[str, Any]
) -> dict[str, Any]:
    from cochat_devkit.runtime.turn_tools import make_tools

    tools = {each.id: each for each in plugins if each.loaded.type == "tool"}
    return make_tools([tools[each] for each in ids if each in tools], offered, generation)


def _add_tools(owner: str, plugins: Sequence[Plugin], generation: Generation) -> None:
    from cochat_devkit.runtime.loading import stored_specs

    for each in plugins:
        if each.loaded.type == "tool":
            specs = stored_specs(each.loaded, generation)
            memory.add_tool(specs=specs, **_common(owner, each))


def _add_functions(owner: str, plugins: Sequence[Plugin]) -> None:
    for each in plugins:
        if each.loaded.type != "tool":
            memory.add_function(type=each.loaded.type, **_common(owner, each))


def _common(owner: str, plugin: Plugin) -> dict[str, Any]:
    name = plugin.loaded.frontmatter.get("title", plugin.id)
    meta = {"description": plugin.loaded.frontmatter.get("description"), "manifest": plugin.loaded.frontmatter}
    told = {"id": plugin.id, "user_id": owner, "content": plugin.part.request.source, "valves": plugin.part.valves}
    return {**told, "name": name, "meta": meta}
