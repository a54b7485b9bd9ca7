"""Automations: what runs by itself, when it runs next, and what it runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.agenda import agenda, has_schedule
from cochat_devkit.operations.deps import uses_of
from cochat_devkit.web.page import Page, count_pieces, number_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.ls import Listed
    from cochat_devkit.web.page import Asked, Params

_PIECE = 50
#: what a body says beside what stands in the head of an automation
FURTHER = ("trigger", "trigger_config", "max_runs", "output", "steps", "data", "meta")


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    number = number_in(asked.params.get("number", ""), 1)
    lines = _scheduled(catalogue)
    piece = lines[(number - 1) * _PIECE : number * _PIECE]
    bodies = catalogue.bodies_of(piece)
    return {
        "lines": piece,
        "total": len(lines),
        "number": number,
        "count": count_pieces(len(lines), _PIECE),
        "bodies": {each.ref: bodies.get(each.ref, {}) for each in piece},
        "planned": agenda(
            catalogue.config, {each.ref: bodies.get(each.ref, {}) for each in piece}, target=catalogue.target
        ),
        "used": uses_of(catalogue.config, [each.ref for each in piece], target=catalogue.target),
        "further": FURTHER,
        "zone": datetime.now().astimezone().strftime("%Z (%z)"),
        "local": lambda at: at.astimezone(),
    }


def _scheduled(catalogue: Catalogue) -> list[Listed]:
    return [each for each in catalogue.listed() if has_schedule(each.type)]


def _every_piece(catalogue: Catalogue) -> Iterator[Params]:
    count = len(_scheduled(catalogue))
    return ({"number": str(number)} for number in range(2, count_pieces(count, _PIECE) + 1))


PAGES = (
    Page("automations", "automations.html", "automations.html", _make, menu="Automations"),
    Page("automations-piece", "automations/{number}.html", "automations.html", _make, _every_piece),
)
