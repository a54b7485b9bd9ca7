"""The page of one resource: what it is, what it says, what it uses and what uses it, and how the sides differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.specs import SPECS, methods_in
from cochat_devkit.kinds.wire import updated_at_of
from cochat_devkit.sync.decide import Reason
from cochat_devkit.web.formatted import is_picture
from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.kinds import Kind
    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.deps import Link
    from cochat_devkit.operations.ls import Shown
    from cochat_devkit.resource import Json
    from cochat_devkit.web.page import Asked, Params

#: what the head of the page says
_IN_HEAD = ("name", "description")
#: a longer text stands in a section of its own
_LONGEST_FACT = 300
#: a difference with one side alone is the text of that side
_ONE_SIDED = (Reason.NEW_HERE, Reason.NEW_THERE)


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    shown = catalogue.shown(asked.params["ref"])
    ref = shown.line.ref
    kind, _type = kind_named(shown.line.type)
    text = catalogue.text_of(shown)
    source = str(shown.body.get(text.name) or "") if text.name else ""
    is_apart = shown.line.state != Reason.IN_STEP and shown.line.state not in _ONE_SIDED
    relations = catalogue.relations_of(ref)
    uses = _by_field(relations.uses)
    facts, parts = _split(kind, shown, uses)
    return {
        "shown": shown,
        "line": shown.line,
        "kind": kind,
        "text": text,
        "source": source,
        "pictures": _pictures(shown),
        "facts": facts,
        "parts": parts,
        "dates": _dates(shown.derived),
        "methods": [*methods_in(shown.derived)],
        "said_in_source": _said_in(kind, source, shown),
        "derived": {name: each for name, each in shown.derived.items() if name != SPECS},
        "files": shown.body.get(kind.form.tree_field or "") if kind.form else None,
        "difference": catalogue.difference_of(ref) if is_apart else [],
        "uses": uses,
        "used_by": relations.used_by,
    }


def every_resource(catalogue: Catalogue) -> Iterator[Params]:
    """List the addresses of all resources."""
    return ({"ref": each.ref} for each in catalogue.listed())


def _split(kind: Kind, shown: Shown, uses: Iterable[str]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Part what the fields say, without head, text, files and relations: (short facts, what needs room), by name."""
    elsewhere = {
        *_IN_HEAD,
        *_pictures(shown),
        kind.text.name if kind.text else "",
        kind.form.tree_field if kind.form else "",
    }
    elsewhere |= {*uses, *(each.name for each in kind.fields if each.codec.refers)}
    said = {name: each for name, each in shown.body.items() if name not in elsewhere and each not in (None, "", [], {})}
    parts = {name: each for name, each in said.items() if _needs_room(name, each)}
    return {name: each for name, each in said.items() if name not in parts}, parts


def _pictures(shown: Shown) -> dict[str, str]:
    """Find the pictures that stand in the body itself, by field."""
    return {name: each for name, each in shown.body.items() if isinstance(each, str) and is_picture(each)}


def _needs_room(name: str, value: Json) -> bool:
    if isinstance(value, str):
        return "\n" in value or len(value) > _LONGEST_FACT
    if isinstance(value, list):
        return any(isinstance(each, list | dict) or (isinstance(each, str) and "\n" in each) for each in value)
    return isinstance(value, dict) and name != "access"


def _dates(derived: Mapping[str, Json]) -> dict[str, Any]:
    """Read the times that the server tells, by name; the last change stands in the line."""
    found = {
        name: updated_at_of({"updated_at": value})
        for name, value in derived.items()
        if name.endswith("_at") and name != "updated_at" and isinstance(value, int | float | str)
    }
    return {name: at for name, at in found.items() if at is not None}


def _said_in(kind: Kind, source: str, shown: Shown) -> dict[str, str]:
    """Read what the head of the text says and no field does."""
    said = kind.form.read_head(source) if kind.form and source else {}
    known = {str(shown.body.get(name)) for name in _IN_HEAD}
    return {name: value for name, value in said.items() if value and value not in known}


def _by_field(links: Sequence[Link]) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for each in links:
        found.setdefault(each.fields[0] if each.fields else "", []).append(each)
    return found


PAGES = (Page("resource", "r/{type}/{stem}.html", "resource.html", _make, every_resource),)
