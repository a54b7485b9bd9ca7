"""Ls and show: what the mirror and the files know, offline."""

from __future__ import annotations

from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownResource, UsageError
from cochat_devkit.kinds import kind_named, parse_ref, ref_of
from cochat_devkit.operations.offline import base_of, last_seen, local_side, survey
from cochat_devkit.operations.session import select
from cochat_devkit.resource import Key, Slug
from cochat_devkit.sync.decide import Action, Decision, Reason, decide
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cochat_devkit.config import Config
    from cochat_devkit.mirror.reader import Stamp
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.offline import Known, Survey
    from cochat_devkit.operations.session import Selection
    from cochat_devkit.resource import Body, Json
    from cochat_devkit.workspace.glance import Glimpse, Sighting
    from cochat_devkit.workspace.local import LocalResource


class Listed(NamedTuple):
    """Hold one line of a list. `state` is a word: in step, edited here, new here, unavailable, …"""

    ref: str
    type: str
    name: str
    state: str
    path: str | None
    version: str | None
    updated_at: str | None


class Shown(NamedTuple):
    """Hold all that is known of one resource; `body` is what the file says, or what the server showed."""

    line: Listed
    body: Body
    derived: Json
    is_local: bool


def ls(config: Config, selection: Selection, *, target: str | None, with_stamps: bool = True) -> list[Listed]:
    """List what the files and the mirror know, by address; versions of what is in step only with stamps."""
    with survey(config, selection, target, with_stamps=with_stamps) as surveyed:
        return list_surveyed(surveyed, with_stamps=with_stamps)


def list_surveyed(surveyed: Survey, *, with_stamps: bool = True) -> list[Listed]:
    """List what a look at both sides found, by address."""
    known = surveyed.rest
    found = [(key.kind, str(key.slug), _line(known, key, _name_of(known, key))) for key in known.types]
    found += _lines_in_step(surveyed, with_stamps=with_stamps)
    return [line for _kind, _slug, line in sorted(found, key=itemgetter(0, 1))]


def _lines_in_step(surveyed: Survey, *, with_stamps: bool) -> Iterator[tuple[str, str, Listed]]:
    """List what is in step by kind and slug, column by column: nobody asks ten thousand lines one by one."""
    for sighting in surveyed.glance.sightings:
        kind, type_, _folder, shelf = sighting
        word, slugs = type_ or kind.name, shelf.slugs
        versions, instants = _stamps_of(surveyed, sighting) if with_stamps else _NO_STAMPS
        refs = [f"{word}/{slug}" for slug in slugs]
        columns = (refs, repeat(word), shelf.titles, repeat("in step"), sighting.paths, versions, instants)
        found = zip(repeat(kind.name), slugs, map(_to_listed, zip(*columns, strict=False)))
        yield from found if surveyed.is_all_in_step else (each for each in found if surveyed.is_in_step(each[:2]))


def _stamps_of(surveyed: Survey, sighting: Sighting) -> tuple[Iterable[str | None], Iterable[str | None]]:
    """Say how the server dates what a folder holds: (versions, instants), in the order of its slugs."""
    known, kind, shelf = surveyed.rest, sighting.kind.name, sighting.shelf
    if known.scope is None or not shelf.slugs:
        return _NO_STAMPS
    dated = surveyed.dated.get((kind, sighting.type))
    versions, instants = (dated.versions, dated.instants) if dated else (None, None)
    if dated and versions is not None and instants is not None and shelf.is_of(dated.slugs, len(versions)):
        return versions, instants
    stamps = known.reader.stamps(known.scope, kind)
    found = [stamps.get(slug, _NO_STAMP) for slug in shelf.slugs]
    return [version for version, _instant in found], [instant for _version, instant in found]


def _name_of(known: Known, key: Key) -> str:
    local = known.tree.found.get(key)
    return local.title if local else str(known.reader.body_shown(known.rows.get(key)).get("name", ""))


def show(config: Config, ref: str, *, target: str | None) -> Shown:
    """Show one resource.

    Raises:
        UnknownResource: neither file nor mirror has it.
        UsageError: the address names several.
    """
    with survey(config, select([ref]), target) as surveyed:
        found: list[Glimpse | Key] = [*surveyed.in_step, *surveyed.rest.types]
        if len(found) == 1:
            return _show(surveyed, found[0])
        # a server may call one of them by the pattern itself
        exact = [each for each in found if (each.kind, each.slug) == parse_ref(ref)[0]]
        if not exact:
            raise UsageError(f"{ref} names {len(found)} resources", hint=f"list them: cochat ls '{ref}'")
        return _show(surveyed, exact[0])


def show_surveyed(surveyed: Survey, ref: str) -> Shown:
    """Show one resource of those that a look at both sides found.

    Raises:
        UnknownResource: it is none of them.
    """
    type_, _, slug = ref.partition("/")
    kind = kind_named(type_)[0].name
    key = Key(kind, Slug(slug))
    found = key if key in surveyed.rest.types else surveyed.by_address.get((kind, slug))
    if found is None:
        raise UnknownResource(f"there is no {ref}", hint="list what there is: cochat ls")
    return _show(surveyed, found)


def _show(surveyed: Survey, found: Glimpse | Key) -> Shown:
    known = surveyed.rest
    if isinstance(found, Key):
        here = known.tree.found.get(found)
        body = _body_here(known, here) if here else known.reader.body_shown(known.rows.get(found))
        line = _line(known, found, str(body.get("name", "")))
        derived = _derived(known, found) if found in known.rows else {}
        return Shown(line, body, derived, is_local=here is not None)
    local = surveyed.glance.local(found)
    row = known.reader.row(known.scope, *found[:2]) if known.scope else None
    line, body = _line_in_step(found, _stamp_of(row)), _body_here(known, local)
    return Shown(line, body, _derived(known, local.key), is_local=True)


def _derived(known: Known, key: Key) -> Json:
    return known.reader.derived(known.scope, key) if known.scope else {}


class Text(NamedTuple):
    """Name the field that is a kind's text, "" where it has none, and the language that it is written in."""

    name: str
    language: str


def text_of(ref: str) -> Text:
    """Say which field of a resource is its text.

    Raises:
        UsageError: the address is none.
    """
    kind = kind_named(parse_ref(ref)[0].kind)[0]
    is_markdown = kind.form is not None and (kind.form.main or kind.form.suffix).endswith(".md")
    return Text(kind.text.name if kind.text else "", "markdown" if is_markdown else "python")


def _line_in_step(glimpse: Glimpse, stamp: Stamp) -> Listed:
    kind, slug, _fingerprint, type_, path, title = glimpse
    return Listed(f"{type_ or kind}/{slug}", type_ or kind, title, "in step", path, *stamp)


def _line(known: Known, key: Key, name: str) -> Listed:
    type_, row, local = known.types[key], known.rows.get(key), known.tree.found.get(key)
    decision = decide(base_of(row), local_side(known.tree, key, row.path if row else None), last_seen(row))
    if kind_named(key.kind)[0].form is None:
        decision = Decision(Action.NOTHING, Reason.MIRRORED)
    return Listed(
        ref=ref_of(key, type_),
        type=type_ or key.kind,
        name=name,
        state="in step" if decision.action is Action.NOTHING else _word(decision.reason),
        path=local.path if local else None,
        version=_stamp_of(row)[0],
        updated_at=_stamp_of(row)[1],
    )


def _stamp_of(row: Row | None) -> Stamp:
    if row is None:
        return _NO_STAMP
    return row.version, row.updated_at.isoformat() if row.updated_at else None


def _body_here(known: Known, local: LocalResource) -> Body:
    """Give what the files say: from the mirror where it has that: a parser of YAML takes long to load."""
    digest = known.reader.body_named(local.fingerprint)
    if digest is None:
        return local.resource.body
    body = known.reader.body(digest)
    return {each.name: body[each.name] for each in kind_named(local.key.kind)[0].fields}


#: makes a line of its values, as `Listed._make` does, which takes thrice as long
_to_listed: Callable[[Iterable[str | None]], Listed] = partial(tuple.__new__, Listed)
_NO_STAMP: Stamp = (None, None)
_NO_STAMPS: tuple[Iterable[str | None], Iterable[str | None]] = (repeat(None), repeat(None))
_WORDS: Mapping[Reason, str] = {
    Reason.UNREADABLE_THERE: "unavailable",
    Reason.INVISIBLE_THERE: "invisible",
    Reason.NEVER_MET_THERE: "gone there",
    Reason.UNREADABLE_HERE: "unreadable here",
}


def _word(reason: Reason) -> str:
    return _WORDS.get(reason, str(reason))
