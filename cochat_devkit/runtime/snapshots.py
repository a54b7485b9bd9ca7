"""How a value that plugins may change later is written down as it is now."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cochat_devkit.resource import Json

_PLACE = re.compile(r" at 0x[0-9a-f]+")


def to_json(value: Any) -> Json:
    """Copy a value as it is now; what is no JSON is named as Python does, without its place in memory."""
    try:
        return json.loads(json.dumps(value, default=name_of))
    except (TypeError, ValueError, RecursionError):
        return name_of(value)


def name_of(value: object) -> str:
    """Name a value as Python does, without its place in memory; a plugin's own `__repr__` may raise."""
    try:
        return _PLACE.sub("", repr(value))
    except Exception:  # noqa: BLE001 - whatever it raises, it has no name
        return f"<{type(value).__name__}>"
