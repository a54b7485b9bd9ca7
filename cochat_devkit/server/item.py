"""One resource on the local server, and how it is kept and written out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cochat_devkit.plugin import PluginFacts
    from cochat_devkit.resource import Json, Wire


@dataclass(frozen=True)
class Item:
    """Hold all that the server knows of one resource, by the keys of the wire, and what it keeps beside."""

    wire: Wire
    #: None: none were ever saved
    valves: Json = None
    valves_spec: Json = None
    user_valves_spec: Json = None
    has_user_valves: bool = False
    #: answers that were already written out, by what they depend on
    written: dict[Any, bytes] = field(default_factory=dict, compare=False, repr=False)

    def changed(self, **wire: Json) -> Item:
        """Lay keys over the wire; nothing is written out yet."""
        return replace(self, wire={**self.wire, **wire}, written={})

    def with_valves(self, valves: Wire) -> Item:
        """Exchange the saved valves."""
        return replace(self, valves=valves, written={})

    def with_facts(self, facts: PluginFacts | None) -> Item:
        """Take in what loading told about valves."""
        if facts is None:
            return self
        return replace(
            self,
            valves_spec=facts.valves,
            user_valves_spec=facts.user_valves,
            has_user_valves=facts.has_user_valves,
        )

    @classmethod
    def parse(cls, row: Wire) -> Item:
        """Read an item from its row."""
        return cls(**row)

    def dump(self) -> Wire:
        """Write an item as a row."""
        kept = ("wire", "valves", "valves_spec", "user_valves_spec", "has_user_valves")
        return {name: getattr(self, name) for name in kept}


def to_json(value: Json) -> bytes:
    """Write JSON as the servers do: text as it is, no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
