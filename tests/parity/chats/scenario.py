"""A scenario: what is asked of a chat, of a real server and of ours in the same words."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cochat_devkit.plugin import Generation, LoadRequest, Part, Turn
from tests.contract.real.prepare import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json = Any
#: stands in a plugin's source for the file that it may write lines of JSON to
LOG = "@log@"


@dataclass(frozen=True)
class Gap:
    """A difference that is known: why it is there, and the places where alone it may show; everywhere without any."""

    why: str
    places: tuple[str, ...] = ()

    def is_all_of(self, found: list[str]) -> bool:
        """Tell whether the differences are those that are known."""
        return bool(found) and (not self.places or all(each.startswith(self.places) for each in found))


@dataclass(frozen=True)
class Scenario:
    """One turn of a chat, the fact that it proves, and where ours is known to differ.

    `turn` is what is asked. `of_model` are the filters that are not global but of the model. `by_endpoint` lets ours
    ask the model at its URL, as the server does, and not our own scripted one. `versions` are those that have the
    behaviour. `gaps` name what is known to differ, by version.
    """

    area: str
    name: str
    fact: str
    turn: Turn
    of_model: tuple[str, ...] = ()
    by_endpoint: bool = False
    versions: tuple[str, ...] = VERSIONS
    gaps: Mapping[str, Gap] = field(default_factory=dict)

    def turn_for(self, generation: Generation, log: Path) -> Turn:
        """Return the turn with plugins of one generation, that write to `log`."""
        return dataclasses.replace(self.turn, parts=tuple(_aimed(each, generation, log) for each in self.turn.parts))


def _aimed(part: Part, generation: Generation, log: Path) -> Part:
    source = part.request.source.replace(LOG, str(log))
    return dataclasses.replace(part, request=dataclasses.replace(part.request, source=source, generation=generation))


def function(id_: str, source: str, valves: Json = None, user_valves: Json = None) -> Part:
    """Write a filter, pipe or action."""
    return _part("function", id_, source, valves, user_valves)


def tool(id_: str, source: str, valves: Json = None, user_valves: Json = None) -> Part:
    """Write a tool."""
    return _part("tool", id_, source, valves, user_valves)


def _part(kind: Literal["tool", "function"], id_: str, source: str, valves: Json, user_valves: Json) -> Part:
    return Part(LoadRequest(kind, id_, source), valves or {}, user_valves or {})


def says(text: str) -> Json:
    """Write a message of the person who asks."""
    return {"role": "user", "content": text}
