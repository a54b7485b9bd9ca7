"""The page of parity: what a real server does and is the same here, what differs, and what nobody asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

State = Literal["validated", "gap", "unknown"]


@dataclass(frozen=True)
class Row:
    """One behaviour and what is known of it for each version of the server.

    `area` is where it belongs ("loading", "filters", "pipes", …), `name` names the sample or scenario, `fact` says in
    a sentence what the server does. `states` are by full version ("0.12.4"); a version that lacks the behaviour is left
    out. `note` names the difference of a gap, and the reason of what is unknown.
    """

    area: str
    name: str
    fact: str
    states: Mapping[str, State]
    note: str = ""
