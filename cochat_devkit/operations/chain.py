"""Chain: which filters a message meets, in which order, and why; read out of files and mirror, and nothing is run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownKind, UnknownResource, UsageError
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.dialects import DIALECTS, OWUI_0_12
from cochat_devkit.kinds.references import kinds_answering
from cochat_devkit.lint.filter_source import HOOKS, FilterSource, read_filter
from cochat_devkit.operations.relations import Place, open_relations
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.operations.relations import Node, Relations
    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Body, Json


#: of what runs
KIND, _TYPE = "function", "filter"


class From(StrEnum):
    """Say where a priority comes from."""

    SAVED = "saved"
    #: what the source says when nothing is saved
    CLASS = "class"
    #: nothing says one that the server looks at, which counts as 0
    NOTHING = "nothing"
    #: only running the source could tell; it is placed as if it were 0
    UNKNOWN = "unknown"


class Switch(StrEnum):
    """Say whether a person has a say in whether a filter runs."""

    ALWAYS = "always"
    #: a person switches it on for a chat
    BY_PERSON = "by the person"
    #: as before, and for this model it is on from the start
    ON_BY_DEFAULT = "on by default"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Say what makes a filter run."""

    GLOBAL = "global"
    NAMED = "named by the model"


class Idle(StrEnum):
    """Say what keeps a filter from running."""

    INACTIVE = "inactive"
    NEITHER = "neither global nor named by the model"
    MISSING = "named, and not there"
    UNREADABLE = "nobody here may read it"


class Link(NamedTuple):
    """Hold one filter that runs.

    Those of the same `rank`, counted from 1, run in no certain order. `class_priority` is what the source says,
    whether this server looks at it or not; None where that is unknown, or nothing. `hooks` are in the order in which
    a message meets them, None where only running the source could tell.
    """

    rank: int
    node: Node
    priority: float
    priority_from: From
    class_priority: float | None
    why: tuple[Why, ...]
    switch: Switch
    hooks: tuple[str, ...] | None


class IdleLink(NamedTuple):
    """Hold one filter that does not run, and why not."""

    node: Node
    reason: Idle


@dataclass(frozen=True)
class Chain:
    """Hold the filters that run for a model, in order, and those that do not.

    `model` is None for what runs for every model. `is_certain` tells whether the order is.
    """

    model: Node | None
    dialect: str
    generation: Generation
    links: tuple[Link, ...]
    idle: tuple[IdleLink, ...]

    @property
    def is_certain(self) -> bool:
        """Tell whether all filters run in the order in which they stand."""
        ranks = [each.rank for each in self.links]
        return len({*ranks}) == len(ranks) and all(each.priority_from is not From.UNKNOWN for each in self.links)


def chain(config: Config, model: str | None, *, target: str | None) -> Chain:
    """Tell which filters a message to a model or agent meets; without one, those that run everywhere.

    Files win over the mirror. `model` is an address, or what the server calls the model.

    Raises:
        UnknownResource: there is no such model.
        UsageError: the address is not one of a model.
    """
    with open_relations(config, target, also=(KIND,)) as relations:
        return chain_among(relations, model)


def chain_among(relations: Relations, model: str | None) -> Chain:
    """Tell it by relations that are open, for which the files of this kind were looked at, too.

    Raises:
        UnknownResource: there is no such model.
        UsageError: the address is not one of a model.
    """
    dialect = DIALECTS.get(relations.dialect_name, OWUI_0_12)
    place = _model_of(relations, model) if model else None
    named = _named(relations, place) if place else _Named(frozenset(), frozenset())
    told = relations.bodies(KIND, _TYPE)
    idle = {each: reason for each, body in told.items() if (reason := _idle(body, is_named=each in named.run))}
    idle |= dict.fromkeys(named.run - told.keys(), Idle.MISSING)
    running = {each: body for each, body in told.items() if each not in idle}
    return Chain(
        relations.node(place) if place else None,
        dialect.title,
        dialect.generation,
        _in_order(relations, running, named, dialect.generation),
        tuple(IdleLink(relations.node(each), idle[each]) for each in sorted(idle)),
    )


class _Named(NamedTuple):
    """Hold which filters a model names, and which of those it switches on from the start."""

    run: frozenset[Place]
    on: frozenset[Place]


def _model_of(relations: Relations, model: str) -> Place:
    """Find a model by its address, or by what the server calls it."""
    kinds = {kind.name for kind in kinds_answering("model")}
    kind = _kind_in(model)
    if kind is not None and kind not in kinds:
        raise UsageError(f"{model} is no model and no agent", hint="as in: cochat chain agent/researcher")
    found = [relations.place_of(model)] if kind else relations.named_by_id("model", model)
    place = next(each for each in found if each.kind in kinds)
    if not relations.is_known(place):
        raise UnknownResource(f"there is no {place.ref}", hint=relations.hint_for(place))
    return place


def _kind_in(word: str) -> str | None:
    """Name the kind of which a word is an address; None where it is none: ids of models have slashes, too."""
    first, slash, _ = word.partition("/")
    try:
        return kind_named(first)[0].name if slash else None
    except UnknownKind:
        return None


def _named(relations: Relations, place: Place) -> _Named:
    """Read which filters a model names, and so does what is laid over it."""
    run, on = set[Place](), set[Place]()
    for each in {place, *relations.named_by_id("model", relations.id_of(place))}:
        for tie in relations.uses(each):
            run |= {tie.used} if "filters" in tie.fields else set()
            on |= {tie.used} if "default_filters" in tie.fields else set()
    return _Named(frozenset(run), frozenset(on))


def _idle(body: Body, *, is_named: bool) -> Idle | None:
    if not body:
        return Idle.UNREADABLE
    if not body.get("active"):
        return Idle.INACTIVE
    return None if body.get("global") or is_named else Idle.NEITHER


def _in_order(
    relations: Relations, running: Mapping[Place, Body], named: _Named, generation: Generation
) -> tuple[Link, ...]:
    """Put filters in their order.

    0.6 looks at the saved priority alone, and leaves those of the same in no certain order; 0.12 looks at the class's,
    too, and puts those of the same in the order of their ids.
    """
    links = []
    for place, body in running.items():
        source = read_filter(str(body.get("content", "")))
        priority, told_by = _priority(body.get("priority"), source, generation)
        why = [Why.GLOBAL] * bool(body.get("global")) + [Why.NAMED] * (place in named.run)
        hooks = source.hooks if source.hooks is None else _known_to(generation, source.hooks)
        own = source.priority if source.has_priority else None
        switch = _switch(source, is_on=place in named.on)
        links.append(Link(0, relations.node(place), priority, told_by, own, tuple(why), switch, hooks))
    # they came in the order of their ids, in which those of the same priority stay
    links.sort(key=lambda each: each.priority)
    if generation != "0.6":
        return tuple(each._replace(rank=rank) for rank, each in enumerate(links, start=1))
    ranks = {priority: rank for rank, priority in enumerate(sorted({each.priority for each in links}), start=1)}
    return tuple(each._replace(rank=ranks[each.priority]) for each in links)


def _priority(saved: Json, source: FilterSource, generation: Generation) -> tuple[float, From]:
    if saved is not None and not isinstance(saved, int | float):
        # what is no number ends the chat on the server
        return 0, From.UNKNOWN
    if generation == "0.6":
        return (0, From.NOTHING) if saved is None else (saved, From.SAVED)
    if source.has_priority is None or (saved is None and source.priority is None):
        return 0, From.UNKNOWN
    if not source.has_priority:
        # what is saved for a valve that is none is not looked at
        return 0, From.NOTHING
    return (source.priority or 0, From.CLASS) if saved is None else (saved, From.SAVED)


def _switch(source: FilterSource, *, is_on: bool) -> Switch:
    if source.toggle is None:
        return Switch.UNKNOWN
    if not source.toggle:
        return Switch.ALWAYS
    return Switch.ON_BY_DEFAULT if is_on else Switch.BY_PERSON


def _known_to(generation: Generation, hooks: Iterable[str]) -> tuple[str, ...]:
    known = HOOKS if generation != "0.6" else tuple(each for each in HOOKS if each != "request")
    return tuple(each for each in hooks if each in known)
