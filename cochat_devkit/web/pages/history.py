"""What was ever seen of a resource, newest first, and any two of its versions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.log import count_seen, open_seen
from cochat_devkit.sync.decide import Reason
from cochat_devkit.web.page import Page, number_in
from cochat_devkit.web.sides import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.log import Logged, Past
    from cochat_devkit.web.page import Asked, Params

#: older entries do not tell what they changed: their differences do; nor do those behind so many letters
_MOST_TOLD = 40
_MOST_LETTERS = 1_000_000


def _make_history(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    ref = asked.params["ref"]
    with open_seen(catalogue.config, ref, target=catalogue.target) as past:
        told = [*_told(past)]
        rest = [*enumerate(past.entries[len(told) :], start=len(told) + 1)]
        return {**_head(ref, past), "told": told, "rest": rest, "total": len(past.entries)}


def _told(past: Past) -> Iterator[Logged]:
    letters = 0
    for number, entry in enumerate(past.entries[:_MOST_TOLD], start=1):
        letters += sum(len(each) for each in past.body(entry).values() if isinstance(each, str))
        if letters > _MOST_LETTERS and number > 1:
            return
        yield past.logged(number)


def _make_diff(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    ref = asked.params["ref"]
    old, new = (number_in(asked.params[each], 0) for each in ("old", "new"))
    with open_seen(catalogue.config, ref, target=catalogue.target) as past:
        before, after = past.entry(old), past.entry(new)
        return {
            **_head(ref, past),
            "old": old,
            "new": new,
            "before": before,
            "after": after,
            "total": len(past.entries),
            "differences": differences(*past.sides(before, after)),
        }


def _head(ref: str, past: Past) -> dict[str, Any]:
    newest = next((each for each in past.entries if each.digest is not None), None)
    name = str(past.body(newest).get("name") or "") if newest else ""
    return {"ref": ref, "name": name or ref, "is_known": past.row is not None}


def _every_history(catalogue: Catalogue) -> Iterator[Params]:
    """Name what has a past, and what might: the page of each resource leads there."""
    seen = count_seen(catalogue.config, target=catalogue.target)
    known = (each.ref for each in catalogue.listed() if each.state != Reason.NEW_HERE)
    return ({"ref": ref} for ref in dict.fromkeys((*seen, *known)))


def _every_diff(catalogue: Catalogue) -> Iterator[Params]:
    """Name each version with the one before it, and the first with the last: all pairs would have no end."""
    for ref, count in count_seen(catalogue.config, target=catalogue.target).items():
        for number in range(1, count):
            yield {"ref": ref, "old": str(number + 1), "new": str(number)}
        if count > 2:  # noqa: PLR2004 - of two, the pair is that of the neighbours
            yield {"ref": ref, "old": str(count), "new": "1"}


PAGES = (
    Page("history", "r/{type}/{stem}/history.html", "history.html", _make_history, _every_history),
    Page("diff", "r/{type}/{stem}/diff/{old}-{new}.html", "diff.html", _make_diff, _every_diff),
)
