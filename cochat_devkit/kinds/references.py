"""Whom a body names: the addresses of other resources in it, and the ids that only its own server understands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.names import RAW
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Json


class Mention(NamedTuple):
    """Say that a field names somebody: `kind/slug`, or `word:id` where it is by an id of the server's."""

    field: str
    ref: str


class Naming(NamedTuple):
    """Hold how bodies can name one resource: as one of `refs`, or as one of `leads` with a dot and more behind it."""

    refs: tuple[str, ...]
    leads: tuple[str, ...] = ()

    def fits(self, ref: str) -> bool:
        """Tell whether a mention means this resource."""
        return ref in self.refs or any(ref.startswith(f"{lead}.") for lead in self.leads)


def naming_of(kind: Kind, slug: str, type_: str, id_: str) -> Naming:
    """List the ways in which bodies can name a resource; one without a type by any that the kind has."""
    types = [type_] if type_ else [*kind.types]
    offered = [f"{word}:{id_}" for of, word in kind.offers.items() if of in types]
    words = dict.fromkeys([kind.name, *types, *kind.answers_to])
    addresses = [f"{word}/{slug}" for word in dict.fromkeys([kind.name, *types])]
    return Naming((*addresses, *(f"{word}:{id_}" for word in words), *offered), tuple(offered))


def mentions_in(kind: Kind, body: Mapping[str, Json]) -> dict[Mention, None]:
    """List whom a body names and how, in its order, each once."""
    found: dict[Mention, None] = {}
    for each in kind.fields:
        for ref in each.codec.mentions(body.get(each.name)) if each.codec.mentions else ():
            # no database takes half of a pair of surrogates
            found[Mention(each.name, ref.encode("utf-8", "replace").decode())] = None
    return found


def kinds_answering(word: str) -> list[Kind]:
    """List the kinds whose resources bodies may mean by `word:id`, in the order of the table."""
    from cochat_devkit.kinds import all_kinds

    return [kind for kind in all_kinds() if word in (kind.name, *kind.types, *kind.answers_to)]


def makers_of(word: str) -> list[Kind]:
    """List the kinds whose resources make what bodies mean by `word:id`.

    Where a server offers such of its own, a resource that the word is the name of is laid over one, and makes none.
    """
    from cochat_devkit.kinds import all_kinds

    answering = kinds_answering(word)
    is_offered = any(kind.form is None for kind in answering)
    named = [kind for kind in answering if kind.form and not (is_offered and kind.name == word)]
    return [*named, *(kind for kind in all_kinds() if word in kind.offers.values())]


def names_others(kind: Kind) -> bool:
    """Tell whether bodies of a kind can name others."""
    return any(each.codec.mentions for each in kind.fields)


def refs_in(kind: Kind, body: Mapping[str, Json]) -> Iterator[str]:
    """Yield each address in a body; what is named by a bare id of its server comes as `id:…`.

    What stands for a service outside of the server, as `id:server:…`, is nobody's resource and is left out.
    """
    for each in kind.fields:
        for value in (body.get(each.name) or []) if each.codec.refers else []:
            ref = f"{RAW}{value.get('id')}" if isinstance(value, dict) else str(value)
            if not (ref.startswith(RAW) and ":" in ref.removeprefix(RAW)):
                yield ref


def ids_in(kind: Kind, body: Mapping[str, Json]) -> Iterator[str]:
    """Yield whom a body names by an id that stands alone, as `word:id`; a list of addresses has none such."""
    for each in kind.fields:
        if each.codec.mentions and not each.codec.refers:
            yield from each.codec.mentions(body.get(each.name))
