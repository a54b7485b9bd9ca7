"""Whether what came out of a plugin's process has the shape that we asked for: it may have said anything."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

#: what the words of plugin.py import for their types alone
_NAMES = {"Mapping": Mapping, "Path": Path, "Json": Any}


def make(cls: type[T], found: object) -> T:
    """Make one of our dataclasses of a decoded JSON object.

    Raises:
        TypeError: it has other fields, or one is of another type.
    """
    if not isinstance(found, dict):
        raise TypeError(f"{type(found).__name__} where an object was expected")
    hints = _hints(typing.cast("Any", cls))
    for name, value in found.items():
        if name not in hints or not _fits(value, hints[name]):
            raise TypeError(f"{name[:40]} is not what was asked for")
    return cls(**found)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls, localns=_NAMES)


def _fits(value: object, hint: Any) -> bool:
    """Tell whether a value is of a type, as deep as the type says."""
    sort, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    return sort is Any or (_FITS[sort](value, inner) if sort in _FITS else isinstance(value, sort))


def _fits_one(value: Any, types_: tuple[Any, ...]) -> bool:
    return any(_fits(value, each) for each in types_)


def _fits_elements(value: Any, types_: tuple[Any, ...]) -> bool:
    return isinstance(value, list | tuple) and all(_fits(each, types_[0] if types_ else Any) for each in value)


def _fits_items(value: Any, types_: tuple[Any, ...]) -> bool:
    keys, values = types_ or (Any, Any)
    return isinstance(value, dict) and all(_fits(name, keys) and _fits(each, values) for name, each in value.items())


#: by what a type is at its outermost, where more than `isinstance` is asked
_FITS: dict[Any, Callable[[Any, tuple[Any, ...]], bool]] = {
    typing.Union: _fits_one,
    types.UnionType: _fits_one,
    list: _fits_elements,
    tuple: _fits_elements,
    dict: _fits_items,
    Mapping: _fits_items,
    int: lambda value, _: isinstance(value, int) and not isinstance(value, bool),
    float: lambda value, _: isinstance(value, int | float) and not isinstance(value, bool),
}
