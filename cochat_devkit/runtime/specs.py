"""What the server stores as the specs of a tool: which methods, and the JSON schema of each.

Source: Open WebUI 0.12.4 and 0.6.43, utils/tools.py, and langchain-core's conversion of a pydantic model; checked by
tests/parity/test_loading_against_server.py.
"""

from __future__ import annotations

import copy
import inspect
import re
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_PARAM_0_12 = re.compile(r":param (\w+):\s*(.*)")
_PARAM_0_6 = re.compile(r":param (\w+):\s*(.+)")
_MODEL_END = re.compile(r":(?:param|return)")
_END_OF_DESCRIPTION = (":param", ":return")


def tool_methods(instance: object, generation: Generation) -> list[Callable[..., Any]]:
    """List what the server offers to the model, in `dir()` order: anything callable that is no class.

    The 0.6 generation hides only names with two leading underscores.
    """
    hidden = "__" if generation == "0.6" else "_"
    found = ((name, getattr(instance, name)) for name in dir(instance))
    return [
        each for name, each in found if callable(each) and not name.startswith(hidden) and not inspect.isclass(each)
    ]


def make_spec(method: Callable[..., Any], generation: Generation) -> Json:
    """Make the stored spec of one method.

    Raises:
        Exception: whatever an annotation raises when it is resolved, or pydantic when it has no schema for it.
    """
    from pydantic import Field, create_model

    hints = typing.get_type_hints(method)
    docs = _parameter_docs(method.__doc__ or "", generation)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if name.startswith("_"):
            continue  # pydantic takes such names for private attributes: the model never sees them
        default = ... if parameter.default is parameter.empty else parameter.default
        described = Field(default, description=docs[name]) if docs.get(name) else default
        fields[name] = (hints.get(name, Any), described)
    model = create_model(method.__name__, **fields)
    model.__doc__ = _description(method.__doc__)
    spec = _to_function_spec(model.model_json_schema())
    if generation != "0.6":
        _simplify(spec["parameters"])
    return spec


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


def _to_function_spec(schema: Json) -> Json:
    """Turn a model's JSON schema into an OpenAI function: references inlined, titles gone."""
    whole = _inlined(schema, schema, ())
    for definitions in ("definitions", "$defs"):
        whole.pop(definitions, None)
    name = whole.pop("title", "")
    description = whole.pop("description", "")
    return {"name": name, "description": description, "parameters": _untitled(whole)}


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
