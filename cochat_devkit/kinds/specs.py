"""What a server tells a model of a tool's methods, as people read it; a server may send anything in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cochat_devkit.resource import Json

#: where a server keeps them among what it derived from a plugin
SPECS = "specs"
#: what stands in a schema for "this or that"
_ANY_OF = ("anyOf", "oneOf")
#: what a parameter's schema says that has an attribute of its own
_TOLD_APART = ("type", *_ANY_OF, "items", "description", "title")
#: of a type within types within types, no more is told
_DEEPEST = 4
_ANY = "any"


class Parameter(NamedTuple):
    """Hold one parameter of a method as the model sees it; `rest` is what its schema says further."""

    name: str
    type: str
    is_required: bool
    description: str
    rest: Mapping[str, Json]


class Method(NamedTuple):
    """Hold one method of a tool as the model sees it."""

    name: str
    description: str
    parameters: Sequence[Parameter]


def methods_in(derived: Mapping[str, Json]) -> Iterator[Method]:
    """Read the methods that a server derived; what is not of the form that specs have is left out."""
    specs = derived.get(SPECS)
    for each in specs if isinstance(specs, list) else ():
        if isinstance(each, dict):
            schema = each.get("parameters")
            yield Method(
                str(each.get("name") or ""),
                str(each.get("description") or ""),
                [*_parameters_in(schema)] if isinstance(schema, dict) else [],
            )


def _parameters_in(schema: Mapping[str, Json]) -> Iterator[Parameter]:
    found, required = schema.get("properties"), schema.get("required")
    for name, said in found.items() if isinstance(found, dict) else ():
        facts = said if isinstance(said, dict) else {}
        rest = {key: each for key, each in facts.items() if key not in _TOLD_APART}
        is_required = isinstance(required, list) and name in required
        yield Parameter(name, _type_in(facts), is_required, str(facts.get("description") or ""), rest)


def _type_in(schema: Json, depth: int = 0) -> str:
    """Name the type that a schema asks for: "string", "array of string", "integer | null"."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return _ANY
    for several in _ANY_OF:
        choices = schema.get(several)
        if isinstance(choices, list):
            return " | ".join(_type_in(each, depth + 1) for each in choices)
    found, items = schema.get("type"), schema.get("items")
    if isinstance(found, list):
        return " | ".join(map(str, found))
    return f"{found} of {_type_in(items, depth + 1)}" if found == "array" and items else str(found or _ANY)
