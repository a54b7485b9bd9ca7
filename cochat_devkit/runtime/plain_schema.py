"""The JSON schema of a parameter with a plain hint, as pydantic makes it, in a fraction of the time.

Most parameters of most tools are texts, numbers, choices and lists of them. Whatever is not plainly one of these is
left to pydantic. Checked against pydantic by tests/runtime/test_plain_schema.py.
"""

from __future__ import annotations

import math
import types
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cochat_devkit.resource import Json

_NAMES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_NONE = type(None)
#: pydantic sorts the keys of a schema, but not below these
_ORDERED_OTHERWISE = ("properties", "default")


class NotPlain(Exception):
    """A field is for pydantic to describe."""


def plain_schema(name: str, hint: Any, default: Any, description: str | None) -> Json:
    """Describe one field, without a title; `...` is no default.

    Raises:
        NotPlain: it is for pydantic.
    """
    from pydantic import BaseModel

    if name in _ORDERED_OTHERWISE or name.startswith("model_") or hasattr(BaseModel, name):
        raise NotPlain
    found = _of_hint(hint)
    if default is not ...:
        found["default"] = _plain_default(hint, default)
    if description:
        found["description"] = description
    return dict(sorted(found.items()))


def _of_hint(hint: Any) -> dict[str, Json]:
    if hint is Any:
        return {}
    if (inner := _inside_optional(hint)) is not None:
        return {"anyOf": [_of_hint(inner), {"type": "null"}]}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal and all(type(each) is str for each in arguments):
        choice = {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
        return {**choice, "type": "string"}
    if origin is list and len(arguments) == 1:
        return {"items": _of_hint(arguments[0]), "type": "array"}
    try:
        return {"type": _NAMES[hint]}
    except (KeyError, TypeError):
        raise NotPlain from None


def _inside_optional(hint: Any) -> Any:
    """Find what may be left out; None where nothing may."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return None
    inner = [each for each in typing.get_args(hint) if each is not _NONE]
    if len(inner) != 1 or len(typing.get_args(hint)) != 2:  # noqa: PLR2004 - one, and none
        raise NotPlain
    return inner[0]


def _plain_default(hint: Any, default: Any) -> Json:
    """Take a default that is JSON as it stands, and of the hint's own type."""
    if default is None:
        return None
    hint = _inside_optional(hint) or hint
    if hint is Any and type(default) in (str, int, bool):
        return default
    if type(default) is hint and not (hint is float and not math.isfinite(default)):
        return default
    if typing.get_origin(hint) is typing.Literal and type(default) is str and default in typing.get_args(hint):
        return default
    if typing.get_origin(hint) is list and type(default) is list and not default:
        return []
    raise NotPlain
