"""The chain drawn: what a message meets on its way to a model and back, filter by filter, in their order."""

from __future__ import annotations

import functools
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cochat_devkit.kinds.references import kinds_answering
from cochat_devkit.operations.chain import Idle, Switch, Why
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.operations.chain import Chain, Link
    from cochat_devkit.operations.ls import Listed
    from cochat_devkit.web.page import Asked, Params

#: what a message meets in its order: a hook of the filters, and where it gets to behind them
STRETCHES = (("inlet", "The message as it is sent"), ("request", "The model"), ("stream", ""), ("outlet", "The page"))
#: what a person has a say in, as the page says it
SWITCHES = {
    Switch.ALWAYS: "",
    Switch.BY_PERSON: "when a person switches it on",
    Switch.ON_BY_DEFAULT: "switched on by this model",
    Switch.UNKNOWN: "perhaps with a switch",
}
#: what the template says by a variable
SAID = (*filter(None, (*dict(STRETCHES).values(), *SWITCHES.values())), *map(str, Why), *map(str, Idle))
_MOST_MODELS = _MOST_IDLE = 100


class Stretch(NamedTuple):
    """Hold one stretch of the way: those who run at the same place in no certain order stand together."""

    hook: str
    groups: list[list[Link]]
    station: str


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    found = catalogue.chain(asked.params.get("ref"))
    models = _models(catalogue)
    return {
        "found": found,
        "stretches": [Stretch(hook, _groups(found, hook), station) for hook, station in STRETCHES],
        "silent": [each for each in found.links if each.hooks == ()],
        "idle": found.idle[:_MOST_IDLE],
        "more_idle": max(0, len(found.idle) - _MOST_IDLE),
        "switches": SWITCHES,
        "models": models[:_MOST_MODELS],
        "more": max(0, len(models) - _MOST_MODELS),
    }


def _groups(found: Chain, hook: str) -> list[list[Link]]:
    links = [each for each in found.links if each.hooks is None or hook in each.hooks]
    return [[*group] for _rank, group in groupby(links, key=lambda each: each.rank)]


@functools.cache
def _is_of_models(type_: str) -> bool:
    return type_ in _types_of_models()


def _types_of_models() -> set[str]:
    return {kind.name for kind in kinds_answering("model") if kind.form}


def _models(catalogue: Catalogue) -> list[Listed]:
    types = _types_of_models()
    return [each for each in catalogue.listed() if each.type in types]


def _every_model(catalogue: Catalogue) -> Iterator[Params]:
    return ({"ref": each.ref} for each in _models(catalogue))


PAGES = (
    Page("chain", "chain.html", "chain.html", _make, menu="Filter chain"),
    Page(
        "chain-of",
        "chain/{type}/{stem}.html",
        "chain.html",
        _make,
        _every_model,
        way="Filter chain",
        has_way=_is_of_models,
    ),
)
