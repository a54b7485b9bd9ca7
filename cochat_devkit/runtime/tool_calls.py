"""How a method of a tool is called: which arguments reach it, and in which type.

Source: Open WebUI 0.12.4 and 0.6.43, utils/tools.py and utils/middleware.py; checked by
tests/parity/test_running_against_server.py.
"""

from __future__ import annotations

import inspect
import json
import typing
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.answers import Answer, to_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

#: what the server hands to a method that names it
OFFERED: dict[Generation, tuple[str, ...]] = {
    "0.12": (
        *("__event_emitter__", "__event_call__", "__user__", "__metadata__", "__oauth_token__", "__request__"),
        *("__model__", "__chat_id__", "__message_id__", "__messages__", "__files__", "__id__", "__features__"),
    ),
    "0.6": (
        *("__event_emitter__", "__event_call__", "__user__", "__metadata__", "__oauth_token__", "__request__"),
        *("__model__", "__messages__", "__files__", "__id__"),
    ),
}


async def call_tool(
    instance: Any, spec: Json, arguments: Mapping[str, Json], offered: Mapping[str, Any], generation: Generation
) -> tuple[Answer, Exception | None]:
    """Call one method as the server does for a model: (what the model reads, the exception that it stands for).

    `spec` is the stored one; an argument that it does not name is dropped. `offered` are the reserved arguments.
    """
    value, error = await call_method(instance, spec, arguments, offered, generation)
    return to_answer(spec["name"], value, generation), error


async def call_method(
    instance: Any, spec: Json, arguments: Mapping[str, Json], offered: Mapping[str, Any], generation: Generation
) -> tuple[Any, Exception | None]:
    """Call one method as the server does: (what it returned or what stands for its exception, the exception)."""
    name = spec["name"]
    allowed = spec.get("parameters", {}).get("properties", {})
    error: Exception | None = None
    try:
        value = await apply(
            getattr(instance, name),
            {key: each for key, each in arguments.items() if key in allowed},
            offered,
            generation,
        )
    except Exception as raised:  # noqa: BLE001 - the server catches whatever a method raises, and tells the model
        error = raised
        value = str(raised) if generation == "0.6" else {"error": str(raised)}
    return value, error


async def apply(
    method: Callable[..., Any], arguments: Mapping[str, Json], offered: Mapping[str, Any], generation: Generation
) -> Any:
    """Call a method with arguments of the model's and those reserved ones that it names.

    A method that is no coroutine runs in the event loop and stops everybody else, as there.
    """
    parameters = inspect.signature(method).parameters
    reserved = {key: each for key, each in offered.items() if key in parameters}
    given = dict(arguments) if generation == "0.6" else coerce(method, arguments)
    result = method(**{**reserved, **given})
    return await result if inspect.iscoroutinefunction(method) else result


def coerce(method: Callable[..., Any], arguments: Mapping[str, Json]) -> dict[str, Json]:
    """Mend the types that models get wrong, as 0.12 does: text for a whole number, a number for text, and no other."""
    parameters = inspect.signature(method).parameters
    try:
        hints = typing.get_type_hints(method)
    except Exception:  # noqa: BLE001 - an annotation that cannot be resolved is none
        hints = {}
    mended = dict(arguments)
    for name, value in arguments.items():
        if name not in parameters or value is None:
            continue
        wanted = hints.get(name, parameters[name].annotation)
        among = set(typing.get_args(wanted))
        if isinstance(value, str) and (wanted is int or among == {int, type(None)}):
            mended[name] = int(value)
        elif _is_number(value) and (wanted is str or among == {str, type(None)}):
            mended[name] = str(value)
    return mended


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def parse_arguments(spec: Json, words: Mapping[str, str]) -> dict[str, Json]:
    """Read `name=value` words as a model would have said them: text stays text, all else is JSON where it can be."""
    properties = spec.get("parameters", {}).get("properties", {})
    return {name: _parse(properties.get(name, {}), word) for name, word in words.items()}


def _parse(about: Json, word: str) -> Json:
    if about.get("type") == "string":
        return word
    try:
        return json.loads(word)
    except ValueError:
        return word
