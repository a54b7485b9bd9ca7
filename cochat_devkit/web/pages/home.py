"""The first page: what there is, what is not in step, and what happened lately."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cochat_devkit.sync.decide import Reason
from cochat_devkit.web.page import Page
from cochat_devkit.web.words import tone

if TYPE_CHECKING:
    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked

_MOST_LINES, _MOST_RUNS, _MOST_CHANGES = 12, 6, 10
#: what has to be settled comes first, then our own work
_TONES = ("clash", "ours", "theirs", "hidden", "calm")


def _make(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    listed = catalogue.listed()
    apart = [each for each in listed if each.state != Reason.IN_STEP]
    apart.sort(key=lambda each: (_TONES.index(tone(each.state)), each.ref))
    return {
        "seat": catalogue.seat(),
        "counts": catalogue.counts(listed),
        "apart": apart[:_MOST_LINES],
        "apart_by_state": Counter(each.state for each in apart),
        "more_apart": max(0, len(apart) - _MOST_LINES),
        "runs": catalogue.recent_runs(_MOST_RUNS),
        "changes": catalogue.recent_changes(_MOST_CHANGES),
    }


PAGES = (Page("home", "index.html", "home.html", _make, menu="Overview"),)
