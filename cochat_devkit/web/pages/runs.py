"""Runs: what each pull, push and undo did, and what changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.runs import tell_run
from cochat_devkit.web.page import Page, count_pieces, number_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked, Params

_MOST_RUNS = 200
_PIECE = 50


def _make_list(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    return {"tallies": catalogue.recent_runs(_MOST_RUNS)}


def _make_one(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    piece = number_in(asked.params.get("piece", ""), 1)
    number = asked.params["number"]
    told = tell_run(catalogue.config, number, target=catalogue.target, first=(piece - 1) * _PIECE, most=_PIECE)
    return {"told": told, "run": told.tally.run, "piece": piece, "count": count_pieces(told.tally.total, _PIECE)}


def _every_run(catalogue: Catalogue) -> Iterator[Params]:
    return ({"number": str(each.run.id)} for each in catalogue.recent_runs(_MOST_RUNS))


def _every_piece(catalogue: Catalogue) -> Iterator[Params]:
    for each in catalogue.recent_runs(_MOST_RUNS):
        for piece in range(2, count_pieces(each.total, _PIECE) + 1):
            yield {"number": str(each.run.id), "piece": str(piece)}


PAGES = (
    Page("runs", "runs.html", "runs.html", _make_list, menu="Runs"),
    Page("run", "runs/{number}.html", "run.html", _make_one, _every_run),
    Page("run-piece", "runs/{number}/{piece}.html", "run.html", _make_one, _every_piece),
)
