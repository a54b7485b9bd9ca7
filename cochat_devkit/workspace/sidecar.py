"""The sidecar: a YAML file beside a source that says only what the source cannot say."""

from __future__ import annotations

import difflib
import io
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import BadResource, UsageError
from cochat_devkit.kinds.kind import SourceFacts

if TYPE_CHECKING:
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Body, Json, Slug

ID = "id"


def parse_sidecar(kind: Kind, text: str, shown: str) -> dict[str, Json]:
    """Read the fields that a sidecar states, in canonical form, with `id` where it has one.

    Raises:
        BadResource: it is no YAML mapping, or states something that this kind does not have.
    """
    found = _load(text, shown)
    known = {each.name: each for each in kind.fields if each.name != kind.form.source_field}
    stated: dict[str, Json] = {}
    for name, value in found.items():
        if name == ID:
            stated[ID] = str(value)
        elif name in known:
            try:
                stated[name] = known[name].codec.parse(_plain(value))
            except (UsageError, TypeError, ValueError, AttributeError) as error:
                hint = error.hint if isinstance(error, UsageError) else None
                raise BadResource(f"{shown}:{_line_of(found, name)}: {name} cannot be {value!r}", hint=hint) from error
        else:
            close = difflib.get_close_matches(str(name), [*known, ID], n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"a {kind.name} has: {', '.join([*known, ID])}"
            raise BadResource(f"{shown}:{_line_of(found, name)}: a {kind.name} has no {name!r}", hint=hint)
    return stated


def render_sidecar(kind: Kind, slug: Slug, body: Body, present: str | None, *, states_id: bool) -> str | None:
    """Write what the source does not imply; None where nothing is left to say.

    `present` is the sidecar as it stands: its order and comments are kept, and it stays where a comment is in it.
    """
    facts = SourceFacts.of(slug, body[kind.form.source_field])
    stated = {ID: str(slug)} if states_id else {}
    for each in kind.fields:
        if each.name != kind.form.source_field and body[each.name] != each.implied(facts):
            stated[each.name] = body[each.name]
    if present is None and not stated:
        return None
    return _merge_into(_load(present or "", "sidecar"), stated, present or "")


def to_body(kind: Kind, slug: Slug, source: str, stated: dict[str, Json]) -> Body:
    """Make a body of a source and of what its sidecar states: the rest is what the source implies."""
    facts = SourceFacts.of(slug, source)
    return {
        each.name: each.codec.parse(source)
        if each.name == kind.form.source_field
        else stated.get(each.name, each.implied(facts))
        for each in kind.fields
    }


def _merge_into(whole: Any, stated: dict[str, Json], present: str) -> str | None:
    for name in [each for each in whole if each not in stated]:
        del whole[name]
    for name, value in stated.items():
        if name not in whole or _plain(whole[name]) != value:
            whole[name] = _styled(value)
    if not whole:
        comments = [line for line in present.splitlines() if line.lstrip().startswith("#")]
        return "\n".join(comments) + "\n" if comments else None
    stream = io.StringIO()
    _yaml().dump(whole, stream)
    return stream.getvalue()


def _load(text: str, shown: str) -> Any:
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.error import YAMLError

    try:
        found = _yaml().load(text)
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{shown}:{mark.line + 1}" if mark else shown
        problem = getattr(error, "problem", None) or str(error)
        raise BadResource(f"{place}: this is no YAML: {problem}", hint="mend the line, or restore the file") from error
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise BadResource(f"{shown}:1: a sidecar is a YAML mapping", hint="write lines of the form `name: value`")
    return found


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    yaml.allow_unicode = True
    return yaml


def _line_of(whole: Any, name: str) -> int:
    try:
        return int(whole.lc.key(name)[0]) + 1
    except (AttributeError, KeyError, TypeError):
        return 1


def _plain(value: Any) -> Json:
    """Take the YAML library's own types off a value."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    for plain in (bool, int, float, str):
        if isinstance(value, plain):
            return plain(value)
    return None if value is None else str(value)


def _styled(value: Json) -> Any:
    """Write a text of several lines as a block where that keeps every byte, all else as the library does."""
    from ruamel.yaml.scalarstring import LiteralScalarString

    if not isinstance(value, str) or "\n" not in value:
        return value
    lines = value.split("\n")
    keeps = all(line == line.strip() and line.isprintable() for line in lines[:-1]) and lines[0] and not lines[-1]
    return LiteralScalarString(value) if keeps else value
