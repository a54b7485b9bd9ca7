"""The codecs: how one field goes between a wire object and its canonical form. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cochat_devkit.errors import NotSupported, UnexpectedReply, UsageError
from cochat_devkit.kinds.access import from_control, from_grants, parse_access, to_control, to_grants
from cochat_devkit.kinds.kind import Codec
from cochat_devkit.kinds.names import RAW
from cochat_devkit.kinds.plugin_source import replace_imports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cochat_devkit.kinds.kind import Field, WireContext
    from cochat_devkit.resource import Json, Wire


def _read_plain(wire: Wire, of: Field, context: WireContext) -> Json:
    keys = of.place_on(context.dialect)
    found: Json = None if keys is None else wire
    for key in keys or ():
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _lay_plain(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
    keys = of.place_on(context.dialect)
    if keys is None:
        raise NotSupported(f"{context.dialect.title} cannot hold {of.name}", hint="leave it out for this target")
    place = wire
    for key in keys[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[keys[-1]] = value


def _read_text(wire: Wire, of: Field, context: WireContext) -> Json:
    found = _read_plain(wire, of, context)
    return "" if found is None else str(found)


def _read_switch(wire: Wire, of: Field, context: WireContext) -> Json:
    return bool(_read_plain(wire, of, context))


def _read_source(wire: Wire, of: Field, context: WireContext) -> Json:
    return replace_imports(_read_text(wire, of, context))


def _read_rest(wire: Wire, of: Field, context: WireContext) -> Json:
    whole = _read_plain(wire, of, context) or {}
    return {key: each for key, each in whole.items() if key not in of.apart_from and each is not None}


def _lay_rest(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
    whole = _read_plain(wire, of, context) or {}
    kept = {key: each for key, each in whole.items() if key in of.apart_from}
    _lay_plain(wire, {**kept, **value}, of, context)


def _read_access(wire: Wire, _field: Field, context: WireContext) -> Json:
    if context.dialect.access == "grants":
        return from_grants(wire.get("access_grants"), context.groups)
    return from_control(wire.get("access_control"), context.groups)


def _lay_access(wire: Wire, value: Json, _field: Field, context: WireContext) -> None:
    if context.dialect.access == "grants":
        wire["access_grants"] = to_grants(value, context.groups)
    else:
        wire["access_control"] = to_control(value, context.groups)


def parse_words(names: Json) -> list[str]:
    """Bring a set of words into canonical form: sorted, without repeats.

    Raises:
        UsageError: it is no list of words.
    """
    found = names or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise UsageError(f"{names!r} is no list of words", hint="write [one, two]")
    return sorted(set(found))


def _parse_list(value: Json) -> Json:
    if value is not None and not isinstance(value, list):
        raise UsageError(f"{value!r} is no list", hint="write [one, two]")
    return value or []


def _parse_mapping(value: Json) -> Json:
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"{value!r} is no mapping", hint="write name: value")
    return value or {}


def _parse_number(value: Json) -> Json:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UsageError(f"{value!r} is no number", hint="write it without quotes, or leave the line out")
    return value


def _read_words(wire: Wire, of: Field, context: WireContext) -> Json:
    return parse_words(_read_plain(wire, of, context))


def _read_list(wire: Wire, of: Field, context: WireContext) -> Json:
    return _parse_list(_read_plain(wire, of, context))


def _read_mapping(wire: Wire, of: Field, context: WireContext) -> Json:
    return _parse_mapping(_read_plain(wire, of, context))


def _read_labels(wire: Wire, of: Field, context: WireContext) -> Json:
    return parse_words([each["name"] for each in _read_list(wire, of, context)])


def _lay_labels(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
    _lay_plain(wire, [{"name": each} for each in value], of, context)


def read_only(read: Callable[[Wire, Field, WireContext], Json]) -> Codec:
    """Make the codec of a field that only its server writes: laying it writes nothing."""

    def lay(_wire: Wire, _value: Json, _of: Field, _context: WireContext) -> None:
        """Leave the object as it is."""

    return Codec(read, lay)


def refs_to(word: str) -> Codec:
    """Make the codec of a list of ids that authors name: in files they are addresses, in the order that they have.

    `word` is the kind, or the type within it, that stands before the slash. What stands for a service outside the
    server is written `id:…`.
    """

    def read(wire: Wire, of: Field, context: WireContext) -> Json:
        return [f"{RAW}{each}" if ":" in str(each) else f"{word}/{each}" for each in _read_list(wire, of, context)]

    def lay(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
        _lay_plain(wire, [each.removeprefix(RAW).removeprefix(f"{word}/") for each in value], of, context)

    return Codec(read, lay, parse=_ref_parser(word), refers=True, mentions=partial(_mentions_in_list, word))


def object_refs_to(kind: str, **fresh: Json) -> Codec:
    """Make the codec of a list of objects that bear ids: in files addresses, and what is no resource as it is.

    An object that the server already has keeps its other keys; a new one has its id and `fresh`.
    """

    def read(wire: Wire, of: Field, context: WireContext) -> Json:
        known = context.names.slugs.get(kind, {})
        return [
            context.names.ref_of(kind, each["id"]) if isinstance(each, dict) and each.get("id") in known else each
            for each in _read_list(wire, of, context)
        ]

    def lay(wire: Wire, value: Json, of: Field, context: WireContext) -> None:
        present = {each.get("id"): each for each in _read_list(wire, of, context) if isinstance(each, dict)}
        found = []
        for each in value:
            remote_id = str(context.names.id_of(each)) if isinstance(each, str) else None
            found.append(each if remote_id is None else present.get(remote_id, {"id": remote_id, **fresh}))
        _lay_plain(wire, found, of, context)

    return Codec(read, lay, parse=_parse_list, refers=True, mentions=partial(_mentions_in_list, kind))


def id_of(word: str, codec: Codec) -> Codec:
    """Say of a codec whose value is a text that this is the id of what answers to a word."""

    def mentions(value: Json) -> Iterator[str]:
        if value and isinstance(value, str):
            yield f"{word}:{value}"

    return codec._replace(mentions=mentions)


def ids_under(words: Mapping[str, str], codec: Codec) -> Codec:
    """Say of a codec whose value is a list of mappings under which of their keys stand ids, and of what: its word."""

    def mentions(value: Json) -> Iterator[str]:
        for each in value if isinstance(value, list) else []:
            for key, word in words.items() if isinstance(each, dict) else []:
                if each.get(key) and isinstance(each[key], str):
                    yield f"{word}:{each[key]}"

    return codec._replace(mentions=mentions)


def _mentions_in_list(word: str, value: Json) -> Iterator[str]:
    for each in value if isinstance(value, list) else []:
        if isinstance(each, dict) and each.get("id") and isinstance(each["id"], str):
            yield f"{word}:{each['id']}"
        elif each and isinstance(each, str):
            yield f"{word}:{each.removeprefix(RAW)}" if each.startswith(RAW) else each


def _ref_parser(kind: str) -> Callable[[Json], Json]:
    def parse(value: Json) -> Json:
        for each in _parse_list(value):
            if not isinstance(each, str) or not each.startswith((f"{kind}/", RAW)):
                raise UsageError(f"{each!r} is no address of a {kind}", hint=f"write {kind}/name")
        return _parse_list(value)

    return parse


#: what a server shows where there is no picture
_NO_PICTURE = ("", "/static/favicon.png", "/favicon.png")


def _read_picture(wire: Wire, of: Field, context: WireContext) -> Json:
    found = _read_plain(wire, of, context)
    if found is not None and not isinstance(found, str):
        raise UnexpectedReply("a picture of a form that we do not know")
    return None if found in _NO_PICTURE else found


#: a value as it is
PLAIN = Codec(_read_plain, _lay_plain)
#: a text; null reads as empty
TEXT = Codec(_read_text, _lay_plain, parse=lambda value: "" if value is None else str(value))
#: a plugin's source, compared as the server will store it
SOURCE = Codec(_read_source, _lay_plain, parse=replace_imports)
#: a number, or None where nothing is said
NUMBER = Codec(_read_plain, _lay_plain, parse=_parse_number)
#: yes or no
SWITCH = Codec(_read_switch, _lay_plain, parse=bool)
#: what is left of a wire object when the fields that we know are taken out; nulls say nothing
REST = Codec(_read_rest, _lay_rest, parse=lambda value: {k: v for k, v in (value or {}).items() if v is not None})
#: who may read and write
ACCESS = Codec(_read_access, _lay_access, parse=parse_access)
#: a list, in the order that it has; null reads as empty
LIST = Codec(_read_list, _lay_plain, parse=_parse_list)
#: a mapping; null reads as empty
MAPPING = Codec(_read_mapping, _lay_plain, parse=_parse_mapping)
#: tags: a set of words
WORDS = Codec(_read_words, _lay_plain, parse=parse_words, is_tags=True)
#: tags, each in an object as its `name`
LABELS = Codec(_read_labels, _lay_labels, parse=parse_words, is_tags=True)
#: a picture: its address, or its bytes as a data URI; None where there is none
PICTURE = Codec(_read_picture, _lay_plain)
