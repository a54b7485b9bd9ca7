"""What can be chosen for a valve: a list, or a method of the valves that makes one; runs plugin code in this process.

Source: Open WebUI 0.12.4, utils/plugin.py; checked by tests/parity/. The 0.6 generation shows what is written.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.resource import Json

#: by what name a method may ask for whoever looks at the valves
_ASKS_FOR_USER = ("__user__", "user")


def with_options(valves: Any, schema: Json, make_user: Callable[[], Json]) -> Json:
    """Put what the methods of a valves class give in the place of their names; one that fails leaves its name."""
    properties = {**schema.get("properties", {})}
    for name, about in properties.items():
        options = _options_of(valves, name, make_user)
        if options is not None:
            properties[name] = {**about, "input": {**about["input"], "options": options}}
    return {**schema, "properties": properties} if "properties" in schema else schema


def _options_of(valves: Any, field: str, make_user: Callable[[], Json]) -> list[Json] | None:
    """Call the method that a field names; None where it names none, or none that gives a list."""
    about = getattr(getattr(valves, "model_fields", {}).get(field), "json_schema_extra", None)
    shown = about.get("input") if isinstance(about, dict) else None
    named = shown.get("options") if isinstance(shown, dict) else None
    method = getattr(valves, named, None) if isinstance(named, str) and named else None
    if not callable(method):
        return None
    try:
        parameters = inspect.signature(method).parameters
        found = method(**{each: make_user() for each in _ASKS_FOR_USER if each in parameters})
    except Exception:  # noqa: BLE001 - a plugin's method may raise anything
        return None
    return found if isinstance(found, list) else None
