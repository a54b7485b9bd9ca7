"""Conflicts: what both sides changed, side by side, beside what they began with, and what to type about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.operations.clashes import CLASHING, Noted, clash_of, noted_conflicts
from cochat_devkit.web.page import Page
from cochat_devkit.web.sides import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked, Params

#: what settles a conflict, and what that does
WAYS = {
    "ours": "keeps yours; push then sends it",
    "theirs": "takes the server's; yours is kept in the history",
    "merge": "merges what does not clash, and marks the rest in the file",
    "edit": "opens both in your editor",
}
SAID = tuple(WAYS.values())


def _make_list(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    found = _clashing(catalogue)
    return {"found": found, "names": {each.ref: each.name for each in catalogue.listed() if each.ref in found}}


def _clashing(catalogue: Catalogue) -> dict[str, Noted]:
    """List what clashes by address: as a pull or push met it, and what shows since."""
    noted = {each.ref: each for each in noted_conflicts(catalogue.config, target=catalogue.target)}
    shown = (each for each in catalogue.listed() if each.state in CLASHING and each.ref not in noted)
    return noted | {each.ref: Noted(each.ref, each.type, each.state, (), None) for each in shown}


def _make_one(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    shown = catalogue.shown(asked.params["ref"])
    clash = clash_of(catalogue.config, shown, target=catalogue.target)
    base, ours, theirs = clash.base, clash.ours, clash.theirs
    has_both = ours is not None and theirs is not None
    return {
        "line": shown.line,
        "clash": clash,
        "between": differences(ours or {}, theirs or {}) if has_both else None,
        "from_base": [
            (name, differences(base, side)) for name, side in (("ours", ours), ("theirs", theirs)) if base and side
        ],
        # a version that was covered is not merged any more
        "ways": {way: what for way, what in WAYS.items() if not clash.is_covered or way in ("ours", "theirs")},
    }


def _every_one(catalogue: Catalogue) -> Iterator[Params]:
    known = {each.ref for each in catalogue.listed()}
    return ({"ref": ref} for ref in _clashing(catalogue) if ref in known)


PAGES = (
    Page("conflicts", "conflicts.html", "conflicts.html", _make_list, menu="Conflicts"),
    Page("conflict", "conflicts/{type}/{stem}.html", "conflict.html", _make_one, _every_one),
)
