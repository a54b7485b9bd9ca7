"""The tools of a turn: what the model is given of them, and what becomes of the calls that it asks for.

Source: Open WebUI 0.12.4 and 0.6.43, utils/tools.py and utils/middleware.py; checked by tests/parity/chats/.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.answers import to_answer
from cochat_devkit.runtime.loading import stored_specs
from cochat_devkit.runtime.saved_valves import apply_valves
from cochat_devkit.runtime.snapshots import to_json
from cochat_devkit.runtime.specs import model_specs
from cochat_devkit.runtime.tool_calls import coerce
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.answers import Answer
    from cochat_devkit.runtime.conversation import Conversation, Plugin


class Called(NamedTuple):
    """Say what one call came to: the arguments that reached the tool, what the model reads, and what was raised."""

    arguments: Json
    answer: Answer
    error: Exception | None


def make_tools(plugins: Sequence[Plugin], offered: Mapping[str, Any], generation: Generation) -> dict[str, Any]:
    """Make the table of tools by the name that the model calls: `tool_id`, `callable`, `spec`, `metadata`.

    Of two methods with one name the second is called by its tool's id and its own; 0.6 tells the model the bare name.

    Raises:
        Exception: the valves of one do not fit, and the chat fails.
        AttributeError: a method has another name than its function, so that nobody finds it, and the chat fails.
    """
    table: dict[str, Any] = {}
    for plugin in plugins:
        instance = plugin.loaded.instance
        user = {**offered["__user__"]}
        apply_valves(instance, plugin.part.valves)
        if hasattr(instance, "UserValves"):
            user["valves"] = instance.UserValves(**plugin.part.user_valves)
        own = {**offered, "__id__": plugin.id, "__user__": user}
        stored = stored_specs(plugin.loaded, generation)
        methods = {spec["name"]: getattr(instance, spec["name"]) for spec in stored}
        for spec in model_specs(instance, stored):
            name = spec["name"]
            entry = {
                "tool_id": plugin.id,
                "callable": bind(methods[name], own, generation),
                "spec": spec,
                "metadata": {
                    "file_handler": getattr(instance, "file_handler", False),
                    "citation": getattr(instance, "citation", False),
                },
            }
            while name in table:
                name = f"{plugin.id}_{name}"
            if generation != "0.6":
                entry["spec"] = {**spec, "name": name}
            table[name] = entry
    return table


def bind(
    method: Callable[..., Any], offered: Mapping[str, Any], generation: Generation
) -> Callable[..., Awaitable[Any]]:
    """Make a coroutine function of a method that has the reserved arguments already, as pipes get it in `__tools__`."""
    signature = inspect.signature(method)
    frozen = {name: each for name, each in offered.items() if name in signature.parameters}

    async def call(*args: Any, **given: Any) -> Any:
        said = given if generation == "0.6" else coerce(method, given)
        result = method(*args, **{**frozen, **said})
        return await result if inspect.iscoroutinefunction(method) else result

    functools.update_wrapper(call, method)
    left = [each for name, each in signature.parameters.items() if name not in frozen]
    made: Any = call
    made.__signature__ = signature.replace(parameters=left)
    made.__function__, made.__extra_params__ = method, frozen
    return call


async def run_call(chat: Conversation, call: Json, tools: Mapping[str, Any], more: Mapping[str, Any]) -> Called:
    """Make one call that the model asked for; its arguments are written back as they were understood.

    `more` are the reserved arguments as they are now.
    """
    function = call.setdefault("function", {})
    name = function.get("name", "")
    arguments, problem = _PARSERS[chat.generation](name, function.get("arguments", "{}"))
    if problem is None:
        function["arguments"] = _WRITERS[chat.generation](arguments)
        problem = None if name in tools else _UNKNOWN[chat.generation].format(name=name)
    if problem is not None:
        chat.note("tool", "", name=name, arguments=function.get("arguments"), result=problem)
        return Called(arguments, to_answer(name, problem, chat.generation), None)
    return await run_tool(chat, name, tools[name], arguments, more)


async def run_tool(
    chat: Conversation, name: str, tool: Mapping[str, Any], arguments: Any, more: Mapping[str, Any]
) -> Called:
    """Call one tool of the table with the arguments that its spec names; what it raises, the model reads."""
    error: Exception | None = None
    method = tool["callable"]
    try:
        allowed = tool["spec"].get("parameters", {}).get("properties", {})
        arguments = {key: each for key, each in arguments.items() if key in allowed}
        bound = bind(method.__function__, {**method.__extra_params__, **more}, chat.generation)
        value = await bound(**arguments)
    except Exception as raised:  # noqa: BLE001 - the server catches whatever a method raises, and tells the model
        error = raised
        value = str(raised) if chat.generation == "0.6" else {"error": str(raised)}
    answer = to_answer(name, value, chat.generation)
    step = chat.note("tool", tool["tool_id"], name=name, arguments=arguments, result=answer.text)
    for kind in ("files", "embeds"):
        if found := getattr(answer, kind):
            step[kind] = to_json(found)
    if error is not None:
        step["error"] = chat.told(error, tool["tool_id"])
    return Called(arguments, answer, error)


def _parse_new(name: str, said: str) -> tuple[Any, str | None]:
    """Read arguments as 0.12 does: (the arguments, what the model is told where they are none)."""
    if not (said and said.strip()):
        return {}, None
    found: Any = None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(said)
            break
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    else:
        return {}, _unreadable(name)
    if not isinstance(found, dict):
        return {}, f"Error: Tool call arguments for `{name}` must be a JSON object. Please try again."
    return found, None


def _parse_old(_name: str, said: str) -> tuple[Any, str | None]:
    """Read arguments as 0.6 does; those that cannot be read are none."""
    for read in (ast.literal_eval, json.loads):
        try:
            return read(said), None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return {}, None


def text_of_result(name: str, text: Any, generation: Generation) -> Any:
    """Say what the model reads of a call; 0.12 takes nothing for arguments that it could not read."""
    return _unreadable(name) if text is None and generation != "0.6" else text


def _unreadable(name: str) -> str:
    return (
        "Error: Tool call arguments could not be parsed. The model generated malformed or incomplete JSON for "
        f"`{name}`. Please try again."
    )


_PARSERS = {"0.12": _parse_new, "0.6": _parse_old}
#: how arguments are written back; 0.12 leaves no blanks and no escapes
_WRITERS: dict[Generation, Callable[[Any], str]] = {
    "0.12": functools.partial(json.dumps, separators=(",", ":"), ensure_ascii=False),
    "0.6": json.dumps,
}
#: what a model reads of a tool that is not there; on 0.6 nothing
_UNKNOWN = {"0.12": 'Error: Tool "{name}" not found.', "0.6": ""}
