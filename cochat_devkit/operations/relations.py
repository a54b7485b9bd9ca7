"""Who uses whom, as the files say it, and where there are none as the server showed it last; offline."""

from __future__ import annotations

from contextlib import contextmanager
from enum import StrEnum
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import BadResource, UnknownKind
from cochat_devkit.kinds import all_kinds, kind_named, parse_ref, ref_of
from cochat_devkit.kinds.references import kinds_answering, mentions_in, names_others, naming_of
from cochat_devkit.mirror.mentions import (
    Told,
    read_made_ids,
    read_mentions,
    read_mentions_by,
    read_mentions_of,
    read_types,
)
from cochat_devkit.operations.offline import survey
from cochat_devkit.operations.session import Selection
from cochat_devkit.resource import Fingerprint, Key, Slug, State
from cochat_devkit.tuples import NamedTuple
from cochat_devkit.workspace.glance import glance
from cochat_devkit.workspace.tree import read_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.kinds import Kind
    from cochat_devkit.kinds.references import Mention
    from cochat_devkit.mirror.rows import Row
    from cochat_devkit.operations.offline import Survey
    from cochat_devkit.resource import Body
    from cochat_devkit.workspace.glance import Glimpse
    from cochat_devkit.workspace.local import LocalResource


class Standing(StrEnum):
    """Say what is known of a resource that somebody names."""

    THERE = "there"
    #: in the files, and the server does not have it yet
    ONLY_HERE = "only here"
    #: neither in the files nor among what the server showed
    MISSING = "missing"
    #: nobody looked: its kind was never pulled, or no listing explains the id
    UNKNOWN = "unknown"
    #: a service that the server only passes on
    OUTSIDE = "outside"


class Node(NamedTuple):
    """Hold one resource of the graph; `title` is what people call it, "" where nobody knows."""

    ref: str
    type: str
    title: str
    standing: Standing


class Place(NamedTuple):
    """Address a node: kind, slug, and type within the kind. An id that means nothing here has no kind."""

    kind: str
    slug: str
    type: str = ""

    @property
    def ref(self) -> str:
        """Write the address, as it is sorted and shown."""
        return ref_of(Key(self.kind, Slug(self.slug)), self.type) if self.kind else self.slug


class Tie(NamedTuple):
    """Say that one resource uses another, and by which fields; `is_only_here` where the server does not know yet."""

    user: Place
    used: Place
    fields: tuple[str, ...]
    is_only_here: bool


@contextmanager
def open_relations(
    config: Config, target: str | None, *, also: Sequence[str] = (), is_whole: bool = False
) -> Iterator[Relations]:
    """Look at files and mirror; the mirror stays open while the block runs.

    The files of the kinds that name others, and of those in `also`, are looked at as a whole, with `is_whole` those of
    all kinds; of the rest single ones as they are asked for.

    Raises:
        MirrorError: the mirror cannot be read.
    """
    kinds = tuple(kind for kind in all_kinds() if kind.form and (is_whole or kind.name in also or names_others(kind)))
    with survey(config, Selection(kinds=kinds), target) as surveyed:
        yield Relations(config, surveyed, is_whole=is_whole)


class Relations:
    """Answer who uses whom and what is known of each; made by `open_relations`."""

    def __init__(self, config: Config, surveyed: Survey, *, is_whole: bool = False) -> None:
        self._config, self._surveyed = config, surveyed
        self._scope, self._reader = surveyed.rest.scope, surveyed.rest.reader
        self._row, self._glimpses, self._outer = cache(self._read_row), cache(self._look_at), cache(_outer_kinds)
        self._glimpse, self._laid_out = cache(self._find), set[str]()
        self._rows, self._bodies = cache(self._read_rows), cache(self._read_bodies)
        self._known: dict[str, dict[str, Row]] = {}
        self._told_there, self._meant_by = cache(self._read_told), cache(self._read_ref)
        self._kind_named = cache(kind_named)
        #: of which types all is that the server has; None: each is looked up
        self._types = read_types(self._reader, self._scope) if is_whole and self._scope else None
        self._told_here = {(key.kind, str(key.slug)): told for key, told in self._read_apart()}

    @property
    def dialect_name(self) -> str:
        """Name how the server speaks that was pulled of; "" before the first pull."""
        return self._scope.dialect if self._scope else ""

    def place_of(self, ref: str) -> Place:
        """Read an address; one of `function` gets its type.

        Raises:
            UsageError: it is none.
        """
        key, type_ = parse_ref(ref)
        if type_ is None and kind_named(key.kind)[0].types:
            here, row = self._here(key.kind, key.slug), self._row(key.kind, key.slug)
            type_ = here.type if here else row.type if row else ""
        return Place(key.kind, str(key.slug), type_ or "")

    def uses(self, place: Place) -> list[Tie]:
        """Tell what a resource uses, in the order of the fields that name it."""
        here = self._told_here.get((place.kind, place.slug))
        ties = self._tied(self._told_there(place.kind, place.slug) if here is None else here)
        return sorted(ties, key=lambda tie: (_turn_of(place.kind, tie.fields[0]), tie.used))

    def used_by(self, place: Place) -> list[Tie]:
        """Tell what uses a resource, by address."""
        naming = naming_of(kind_named(place.kind)[0], place.slug, place.type, self.id_of(place))
        told = [*read_mentions_of(self._reader, self._scope, naming)] if self._scope else []
        told = [each for each in told if each[:2] not in self._told_here]
        told += [each for here in self._told_here.values() for each in here if naming.fits(each.ref)]
        return sorted(
            each for each in self._tied(told) if each.used == place._replace(type=place.type or each.used.type)
        )

    def ties(self) -> list[Tie]:
        """Tell who uses whom among all resources, by address."""
        told = read_mentions(self._reader, self._scope) if self._scope else []
        told = [each for each in told if each[:2] not in self._told_here]
        return sorted(self._tied([*told, *(each for here in self._told_here.values() for each in here)]))

    def named_by_id(self, word: str, id_: str) -> Sequence[Place]:
        """Find what an id means to those who say `word:id`: what bears it, and what offers something under it.

        Where nothing bears it, that is one place of which nobody knows.
        """
        answering = kinds_answering(word)
        found = [place for kind in answering if (place := self._with_id(kind.name, id_))]
        if not found:
            # what has no files is called as its server calls it
            stands_for = next((kind.name for kind in reversed(answering) if kind.form is None), "")
            found = [Place(stands_for, id_) if stands_for else Place("", f"id:{id_}")]
        offering = ((kind, type_) for kind in all_kinds() for type_, offered in kind.offers.items() if offered == word)
        for kind, type_ in offering:
            place = self._with_id(kind.name, id_.partition(".")[0])
            if place and place.type == type_:
                found.append(place)
        return found

    def is_known(self, place: Place) -> bool:
        """Tell whether a resource is in the files or the mirror."""
        return bool(place.kind) and self.node(place).standing in (Standing.THERE, Standing.ONLY_HERE)

    def hint_for(self, place: Place) -> str:
        """Say what was probably meant by an address that names nothing."""
        import difflib

        there = read_types(self._reader, self._scope) if self._scope else {}
        types = {slug: type_ for (kind, slug), type_ in there.items() if kind == place.kind}
        types |= {slug: each.type for slug, each in self._glimpses(place.kind).items()}
        close = difflib.get_close_matches(place.slug, types, n=1)
        if close:
            return f"did you mean {place._replace(slug=close[0], type=types[close[0]]).ref}?"
        return "see cochat ls" if place.kind in self._listed else f"cochat pull --kind {place.kind}"

    def id_of(self, place: Place) -> str:
        """Name what the server calls a resource; a new one will be called by its slug."""
        row = self._row_of(place)
        return row.remote_id if row else place.slug

    def places(self, kind: str, type_: str) -> list[Place]:
        """List all resources of a type of a kind whose files were looked at, by address."""
        here, rows = self._glimpses(kind), self._rows(kind)
        found = {slug: each.type for slug, each in here.items()}
        found |= {slug: row.type for slug, row in rows.items()} | found
        return [Place(kind, slug, type_) for slug in sorted(found) if found[slug] == type_]

    def body(self, place: Place) -> Body:
        """Read one resource of a kind whose files were looked at; `{}` where nobody may know it.

        Raises:
            BadResource: its file has changed meanwhile.
        """
        here = self._glimpses(place.kind).get(place.slug)
        if here is None or here.type != place.type:
            return self._reader.body_shown(self._row_of(place))
        digest = self._reader.body_named(Fingerprint(here.fingerprint))
        # a parser of YAML takes long to load
        return self._reader.body(digest) if digest else self._surveyed.glance.local(here).resource.body

    def bodies(self, kind: str, type_: str) -> Mapping[Place, Body]:
        """Read all resources of a type of a kind whose files were looked at, by address.

        Raises:
            BadResource: a file has changed meanwhile.
        """
        return self._bodies(kind, type_)

    def _read_bodies(self, kind: str, type_: str) -> dict[Place, Body]:
        digests = {place: self._digest_of(place) for place in self.places(kind, type_)}
        stored = self._reader.bodies(each for each in digests.values() if each)
        return {place: stored[digest] if digest in stored else self.body(place) for place, digest in digests.items()}

    def _digest_of(self, place: Place) -> str | None:
        """Name the stored body that says what the files do, or where there are none what the server showed."""
        here, row = self._glimpses(place.kind).get(place.slug), self._row(place.kind, place.slug)
        if row is None or row.type != place.type:
            return None
        if here is None or here.type != place.type:
            return row.remote_digest
        digests = (row.base_digest, row.remote_digest)
        return next((each for each in digests if each and each.startswith(here.fingerprint)), None)

    def node(self, place: Place) -> Node:
        """Say what is known of a resource."""
        if not place.kind:
            return Node(place.ref, "", "", Standing.UNKNOWN)
        here, is_there = self._here(place.kind, place.slug), self._type_there(place) == place.type
        here = here if here and here.type == place.type else None
        body = self._reader.body_shown(self._row_of(place)) if is_there and not here else {}
        title = here.title if here else str(body.get("name", ""))
        standing = self._standing(place, is_there=is_there, is_here=here is not None)
        return Node(place.ref, place.type or place.kind, title, standing)

    def _standing(self, place: Place, *, is_there: bool, is_here: bool) -> Standing:
        if any(each.is_external(place.slug) for each in self._outer(place.kind)):
            return Standing.OUTSIDE
        if is_there:
            return Standing.THERE
        if is_here:
            return Standing.ONLY_HERE
        return Standing.MISSING if place.kind in self._listed else Standing.UNKNOWN

    def _type_there(self, place: Place) -> str | None:
        """Say of which type a resource is on the server; None where it has none of this name."""
        if self._types is not None:
            return self._types.get((place.kind, place.slug))
        row = self._row(place.kind, place.slug)
        return row.type if row else None

    def _tied(self, told: Iterable[Told]) -> list[Tie]:
        """Find out whom each mention means, and put those of the same two together."""
        fields: dict[tuple[Place, Place], dict[str, bool]] = {}
        for each in told:
            user = Place(each.kind, each.slug, each.type)
            is_only_here = each[:2] in self._told_here and each not in self._told_there(*each[:2])
            for used in self._meant_by(each.ref):
                fields.setdefault((user, used), {})[each.field] = is_only_here
        return [Tie(*pair, _in_turn(pair[0].kind, found), all(found.values())) for pair, found in fields.items()]

    def _read_ref(self, ref: str) -> Sequence[Place]:
        """Find whom a mention means: by an address one, by an id perhaps several, as a model and its pipe."""
        word, mark, name = ref.partition("/")
        if not mark or ":" in word:
            word, _, name = ref.partition(":")
            return self.named_by_id(word, name)
        try:
            kind, type_ = self._kind_named(word)
        except UnknownKind:
            return [Place("", ref)]
        return [Place(kind.name, name, type_ or "")]

    def _with_id(self, kind: str, id_: str) -> Place | None:
        if known := self._made_ids.get((kind, id_)):
            return Place(kind, *known)
        row = self._row(kind, id_)
        if row is not None:
            return Place(kind, id_, row.type) if row.remote_id == id_ else None
        here = self._here(kind, id_)
        return Place(kind, id_, here.type) if here else None

    @cached_property
    def _made_ids(self) -> dict[tuple[str, str], tuple[str, str]]:
        return read_made_ids(self._reader, self._scope) if self._scope else {}

    def _read_told(self, kind: str, slug: str) -> list[Told]:
        return read_mentions_by(self._reader, self._scope, kind, slug) if self._scope else []

    def _read_apart(self) -> Iterator[tuple[Key, list[Told]]]:
        """Read what the files name that are not as the server knows them; of one that cannot be read, nothing."""
        for key, local in self._surveyed.rest.tree.found.items():
            kind = kind_named(key.kind)[0]
            if names_others(kind):
                try:
                    named = _mentions_in(kind, local)
                except BadResource:
                    continue
                yield key, [Told(key.kind, key.slug, local.type, *each) for each in named]

    def _row_of(self, place: Place) -> Row | None:
        """Find what the mirror knows of a resource of this type, unless the server said that it is gone."""
        row = self._row(place.kind, place.slug)
        return row if row and row.type == place.type else None

    def _read_rows(self, kind: str) -> dict[str, Row]:
        """Read what the mirror knows of all of a kind, by slug, but for what the server said is gone."""
        rows = self._reader.rows(self._scope, [kind]) if self._scope else {}
        found = {str(row.key.slug): row for row in rows.values() if row.remote_state is not State.ABSENT}
        self._known[kind] = found
        return found

    def _read_row(self, kind: str, slug: str) -> Row | None:
        if kind in self._known:
            return self._known[kind].get(slug)
        row = self._reader.row(self._scope, kind, slug) if self._scope else None
        return None if row is None or row.remote_state is State.ABSENT else row

    @cached_property
    def _listed(self) -> dict[str, str]:
        return self._reader.bases_of_listings(self._scope) if self._scope else {}

    def _here(self, kind: str, slug: str) -> Glimpse | LocalResource | None:
        """Find what the files say of a resource."""
        row = self._row(kind, slug) if kind not in self._surveyed.glance.kinds else None
        if row is None or row.path is None or _has_tree(kind):
            return self._glimpse(kind, slug)
        try:
            return read_one(self._config.root, kind_named(kind)[0], row.type, row.path)
        except BadResource:
            return None

    def _find(self, kind: str, slug: str) -> Glimpse | None:
        """Find what the files say of one resource, without laying out all of a kind that nobody asked for."""
        if self._types is not None or kind in self._laid_out or kind not in self._surveyed.glance.kinds:
            return self._glimpses(kind).get(slug)
        return next(self._surveyed.glance.glimpses({(kind, slug)}), None)

    def _look_at(self, kind: str) -> dict[str, Glimpse]:
        """Look at all files of a kind, by slug."""
        self._laid_out.add(kind)
        seen = self._surveyed.glance
        if kind not in seen.kinds:
            seen = glance(self._config.root, [kind_named(kind)[0]])
        return {each.slug: each for each in seen.glimpses() if each.kind == kind}


#: whom files name that are not as the server knows them, by kind and fingerprint: that stays true of one content
_named_in: dict[tuple[str, Fingerprint], tuple[Mention, ...]] = {}
_MOST_NAMED_IN = 10_000


def _mentions_in(kind: Kind, local: LocalResource) -> tuple[Mention, ...]:
    """List whom a file names; it is read again only after it has changed."""
    content = kind.name, local.fingerprint
    found = _named_in.get(content)
    if found is None:
        found = tuple(mentions_in(kind, local.resource.body))
        if len(_named_in) >= _MOST_NAMED_IN:
            _named_in.clear()
        _named_in[content] = found
    return found


def _turn_of(kind: str, name: str) -> int:
    """Say at which turn a field comes in its kind's row."""
    return [each.name for each in kind_named(kind)[0].fields].index(name)


def _in_turn(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """Put names of fields in the order of their kind's row."""
    found = tuple(names)
    return found if len(found) == 1 else tuple(sorted(found, key=partial(_turn_of, kind)))


def _outer_kinds(kind: str) -> list[Kind]:
    """List the kinds, it or those that it answers for, of which some are services outside."""
    words = (kind, *kind_named(kind)[0].answers_to)
    return [each for each in (kind_named(word)[0] for word in words) if each.external_prefix is not None]


def _has_tree(kind: str) -> bool:
    """Tell whether a resource of a kind has further files, which to read may take long."""
    form = kind_named(kind)[0].form
    return form is None or form.tree_field is not None
