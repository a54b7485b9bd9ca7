"""The variables that a system prompt asks a chat for: `{{chat.variables.name | type:key=value}}`. Pure.

Source: Open WebUI 0.12.4, what `/api/v1/models/model` answers; checked by tests/contract/test_models.py.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.resource import Json, Wire

_VARIABLE = re.compile(r"\{\{\s*chat\.variables\.([^\s|}]+)(?:\s*\|\s*([^}]*))?\s*\}\}")
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_KNOWN = (
    "default", "label", "max", "maxlength", "min", "minlength", "options", "placeholder", "required", "step", "type",
)  # fmt: skip


class _Unfit(Exception):
    """The variables of a prompt contradict each other, or one has no usable name."""


def chat_variables_schema(system: Json) -> Wire | None:
    """Say which fields a system prompt asks for; None where there are none, or where they make no sense."""
    try:
        fields = _fields(system) if isinstance(system, str) else {}
    except _Unfit:
        return None
    return {"fields": list(fields.values())} if fields else None


def _fields(system: str) -> dict[str, Wire]:
    found: dict[str, Wire] = {}
    typed: dict[str, Wire] = {}
    for key, definition in _VARIABLE.findall(system):
        if not _KEY.fullmatch(key):
            raise _Unfit
        if not definition.strip():
            found.setdefault(key, _make_field(key, {"type": "text"}))
            continue
        field = _make_field(key, _parse_definition(definition.strip()))
        if typed.setdefault(key, field) != field or (field["type"] == "select" and not field["options"]):
            raise _Unfit
        found[key] = field
    return found


def _make_field(key: str, definition: Wire) -> Wire:
    field: Wire = {"key": key, **{name: definition[name] for name in _KNOWN if name in definition}}
    if field["type"] == "select" and not isinstance(field.get("options"), list):
        field["options"] = []
    return {**field, "required": bool(field.get("required", False))}


def _parse_definition(definition: str) -> Wire:
    first, *rest = _split(definition, ":")
    found: Wire = {"type": first.removeprefix("type=").strip() or "text"}
    for part in rest:
        if part:
            name, *values = _split(part, "=")
            found[name] = _parse_value("=".join(values).strip()) if values else True
    return found


def _parse_value(text: str) -> Json:
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _split(text: str, separator: str) -> list[str]:
    """Split where the separator stands outside of quotes and brackets."""
    parts, start, depth, is_quoted, is_escaped = [], 0, 0, False, False
    for place, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (character in "[{") - (character in "]}")
            if character == separator and depth == 0:
                parts.append(text[start:place].strip())
                start = place + 1
    return [*parts, text[start:].strip()]
