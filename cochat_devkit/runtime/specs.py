"""What the server stores as the specs of a tool: which methods, and the JSON schema of each.

Source: Open WebUI 0.12.4 and 0.6.43, utils/tools.py, and langchain-core's conversion of a pydantic model; checked by
tests/parity/test_loading_against_server.py.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.plain_schema import NotPlain, plain_schema
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_PARAM_0_12 = re.compile(r":param (\w+):\s*(.*)")
_PARAM_0_6 = re.compile(r":param (\w+):\s*(.+)")
_MODEL_END = re.compile(r":(?:param|return)")
_END_OF_DESCRIPTION = (":param", ":return")


#: what a text among the annotations means to the functions of a module, which is known by its globals
KnownHints = dict[tuple[int, str], Any]


class Field(NamedTuple):
    """One parameter: its hint, its default (`...` is none), and what the docstring says of it."""

    hint: Any
    default: Any
    description: str | None


def tool_methods(instance: object, generation: Generation) -> list[Callable[..., Any]]:
    """List what the server offers to the model, in `dir()` order: anything callable that is no class.

    The 0.6 generation hides only names with two leading underscores.
    """
    hidden = "__" if generation == "0.6" else "_"
    found = ((name, getattr(instance, name)) for name in dir(instance))
    return [
        each for name, each in found if callable(each) and not name.startswith(hidden) and not inspect.isclass(each)
    ]


def make_spec(method: Callable[..., Any], generation: Generation, known: KnownHints) -> Json:
    """Make the stored spec of one method; `known` is kept for the next one of the same instance.

    Raises:
        Exception: whatever an annotation raises when it is resolved, or pydantic when it has no schema for it.
    """
    hints = resolve_hints(method, known)
    docs = _parameter_docs(method.__doc__ or "", generation)
    fields: dict[str, Field] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name.startswith("_"):
            continue  # pydantic takes such names for private attributes: the model never sees them
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[name] = Field(hints.get(name, Any), default, docs.get(name))
    spec = {
        "name": method.__name__,
        # pydantic had it as the docstring of a model
        "description": inspect.cleandoc(_description(method.__doc__)),
        "parameters": _parameters(method.__name__, fields),
    }
    if generation != "0.6":
        _simplify(spec["parameters"])
    return spec


def resolve_hints(method: Callable[..., Any], known: KnownHints) -> dict[str, Any]:
    """Do what `typing.get_type_hints` does, but compile a text only once for all methods of a tool."""
    function = getattr(method, "__func__", None)
    if type(function) is not types.FunctionType or hasattr(function, "__wrapped__"):
        return typing.get_type_hints(method)
    texts = function.__annotations__
    if getattr(function, "__type_params__", ()) or not all(type(each) is str for each in texts.values()):
        return typing.get_type_hints(method)
    keys = {name: (id(function.__globals__), text) for name, text in texts.items()}
    if not known.keys() >= {*keys.values()}:
        hints = typing.get_type_hints(method)
        known.update((key, hints[name]) for name, key in keys.items())
    return {name: known[key] for name, key in keys.items()}


def model_specs(instance: object, specs: list[Json]) -> list[Json]:
    """Make what the model is given of stored specs: each docstring as it stands, or the name where there is none.

    The server looks for the method again by the name in the spec; one that is not found there is given to nobody.
    """
    found = ((spec, getattr(instance, spec["name"], None)) for spec in specs)
    return [
        {**spec, "description": _model_description(method.__doc__, spec["name"])}
        for spec, method in found
        if method is not None
    ]


def told_apart(specs: list[Json], id_: str, generation: Generation) -> list[Json]:
    """Put a tool's id before a name that was given already; the 0.6 generation tells the model the bare name."""
    if generation == "0.6":
        return specs
    names: list[str] = []
    for spec in specs:
        name = spec["name"]
        while name in names:
            name = f"{id_}_{name}"
        names.append(name)
    return [{**spec, "name": name} for spec, name in zip(specs, names, strict=True)]


def _model_description(docstring: str | None, name: str) -> str:
    return _MODEL_END.split(docstring, maxsplit=1)[0] if docstring and docstring.strip() else name


def _description(docstring: str | None) -> str:
    """Take a docstring up to its first `:param` or `:return` line, each line stripped."""
    lines: list[str] = []
    for line in (docstring or "").strip().split("\n"):
        if line.strip().startswith(_END_OF_DESCRIPTION):
            break
        lines.append(line.strip())
    return "\n".join(lines)


def _parameter_docs(docstring: str, generation: Generation) -> dict[str, str]:
    """Read the `:param name: text` lines; only 0.12 reads on in the lines below, to the next colon or blank."""
    found: dict[str, str] = {}
    current: str | None = None
    for line in map(str.strip, docstring.splitlines()):
        matched = (_PARAM_0_6 if generation == "0.6" else _PARAM_0_12).match(line)
        if matched:
            current = None if matched[1].startswith("__") else matched[1]
            if current:
                found[current] = matched[2]
        elif line.startswith(":"):
            current = None
        elif current and line and generation != "0.6":
            found[current] = "\n".join(filter(None, (found[current], line)))
    return found


def _parameters(method: str, fields: dict[str, Field]) -> Json:
    """Make the JSON schema of a method's parameters; only what is not plain is asked of pydantic."""
    plain: dict[str, Json] = {}
    for name, field in fields.items():
        with contextlib.suppress(NotPlain):
            plain[name] = plain_schema(name, *field)
    others = {name: field for name, field in fields.items() if name not in plain}
    asked = _by_pydantic(method, others) if others else {"properties": {}}
    if asked["properties"].keys() != others.keys():
        return _by_pydantic(method, fields)  # one has another name there, or none
    described = plain | asked["properties"]
    wanted = {*(name for name in plain if fields[name].default is ...), *asked.get("required", ())}
    required = {"required": [name for name in fields if name in wanted]} if wanted else {}
    return {"properties": {name: described[name] for name in fields}, **required, "type": "object"}


def _by_pydantic(method: str, fields: dict[str, Field]) -> Json:
    """Let pydantic describe some parameters: references inlined, titles gone."""
    import pydantic

    described: dict[str, Any] = {
        name: (hint, pydantic.Field(default, description=text) if text else default)
        for name, (hint, default, text) in fields.items()
    }
    schema = pydantic.create_model(method, **described).model_json_schema()
    whole = _inlined(schema, schema, ())
    for key in ("definitions", "$defs", "title", "description"):
        whole.pop(key, None)
    found: Json = _untitled(whole)
    return found


def _inlined(node: Json, schema: Json, opened: tuple[str, ...]) -> Json:
    """Put what a `$ref` names in its place, with the keys beside it on top; a circle ends with those keys alone."""
    if isinstance(node, list):
        return [_inlined(each, schema, opened) for each in node]
    if not isinstance(node, dict):
        return node
    beside = {
        key: copy.deepcopy(value) if key == "$defs" else _inlined(value, schema, opened)
        for key, value in node.items()
        if key != "$ref"
    }
    if "$ref" not in node or node["$ref"] in opened:
        return beside
    return {**_inlined(_look_up(node["$ref"], schema), schema, (*opened, node["$ref"])), **beside}


def _look_up(reference: str, schema: Json) -> Json:
    for part in reference.split("/")[1:]:
        schema = schema[part]
    return schema


def _untitled(node: Json, parent: str = "") -> Json:
    """Drop the titles, but not a property of that name; lists are not entered."""
    return {
        key: _untitled(value, key) if isinstance(value, dict) else value
        for key, value in node.items()
        if key != "title" or (isinstance(value, dict) and parent == "properties")
    }


def _simplify(node: Json) -> None:
    """Do what 0.12 does to a schema afterwards: flatten an optional, drop a null default, call no type a string."""
    if not isinstance(node, dict):
        return
    if "anyOf" in node:
        kinds = [each for each in node["anyOf"] if each.get("type") != "null"]
        if len(kinds) == 1:
            del node["anyOf"]
            node.update(kinds[0])
        else:
            node["anyOf"] = kinds
    if "default" in node and node["default"] is None:
        del node["default"]
    if not {"type", "anyOf", "properties"} & node.keys():
        node["type"] = "string"
    for each in node.get("properties", {}).values():
        _simplify(each)
    _simplify(node.get("items"))
