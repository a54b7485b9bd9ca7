"""How a plugin is given its saved valves before each call; one that keeps none of its own gets none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cochat_devkit.resource import Json


def apply_valves(instance: Any, valves: Mapping[str, Json]) -> None:
    """Give a plugin its saved valves.

    Raises:
        Exception: they do not fit its class.
    """
    if hasattr(instance, "valves") and hasattr(instance, "Valves"):
        instance.valves = instance.Valves(**valves)


def apply_valves_to_pipe(instance: Any, valves: Mapping[str, Json]) -> None:
    """Give a pipe its saved valves: without nulls, unlike the other types.

    Raises:
        Exception: they do not fit its class.
    """
    apply_valves(instance, {name: each for name, each in valves.items() if each is not None})
