"""What a loaded function offers to a server's list of models; runs plugin code in this process.

Only a child process, or a test process whose owner asked for it, may come here.

Source: Open WebUI 0.12.4 and 0.6.43, functions.py and utils/models.py; checked by tests/contract/test_model_list.py.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import PluginOffer
from cochat_devkit.runtime.saved_valves import apply_valves_to_pipe

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.loading import Loaded


async def ask_for_offer(loaded: Loaded, valves: Json) -> PluginOffer:
    """Give a function its saved valves and ask what it offers.

    Raises:
        Exception: the valves do not fit a pipe, which then offers nothing.
    """
    instance = loaded.instance
    if loaded.type == "pipe":
        apply_valves_to_pipe(instance, valves or {})
        return PluginOffer(models=await _models_of(instance), icon=icon_of(instance))
    has_buttons = loaded.type == "action" and hasattr(instance, "actions")
    return PluginOffer(
        actions=[dict(each) for each in instance.actions] if has_buttons else None,
        icon=icon_of(instance),
        toggle=loaded.type == "filter" and bool(getattr(instance, "toggle", False)),
        priority=priority_of(instance, valves or {}, "0.12"),
    )


async def _models_of(instance: Any) -> list[Json] | None:
    """Ask a pipe for its models; what it raises means that it has none, or none but those that it named before."""
    if not hasattr(instance, "pipes"):
        return None
    models: list[Json] = []
    try:
        # only what is plainly a coroutine function is awaited
        if inspect.iscoroutinefunction(instance.pipes):
            found = await instance.pipes()
        else:
            found = instance.pipes() if callable(instance.pipes) else instance.pipes
        for each in found:
            name = f"{instance.name}{each['name']}" if hasattr(instance, "name") else each["name"]
            models.append({"id": str(each["id"]), "name": name})
    except Exception:  # noqa: BLE001 - a plugin may raise anything
        return models
    return models


def icon_of(instance: Any) -> Json:
    """Read what a function says of its own icon."""
    return getattr(instance, "icon_url", None) or getattr(instance, "icon", None)


def priority_of(instance: Any, valves: Json, generation: Generation) -> float:
    """Read where a filter or an action stands among others, by the valves that are saved; 0.6 looks at nothing else.

    What is no number counts as 0.
    """
    written = (valves.get("priority") if generation == "0.6" else written_priority(instance, valves)) or 0
    try:
        return float(written)
    except (TypeError, ValueError):
        return 0


def written_priority(instance: Any, valves: Json) -> Json:
    """Read the priority as 0.12 does, which may be no number; 0 without valves, or with ones that do not fit."""
    try:
        return getattr(instance.Valves(**valves), "priority", 0)
    except Exception:  # noqa: BLE001 - a plugin's class may raise anything
        return 0
