"""The sidecar: a YAML file beside a source that says only what the source cannot say."""

from __future__ import annotations

import datetime as dt
import functools
import io
import json
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cochat_devkit.errors import BadResource, UsageError
from cochat_devkit.kinds.codecs import SWITCH, TEXT
from cochat_devkit.resource import is_same_json
from cochat_devkit.workspace.plain_yaml import read_plain, write_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.kinds.kind import Field, Kind
    from cochat_devkit.resource import Body, Json, Slug

ID = "id"
#: some editors put it before a text; it is not part of it
BOM = "\ufeff"


def parse_sidecar(kind: Kind, text: str, shown: str) -> dict[str, Json]:
    """Read the fields that a sidecar states, in canonical form, with `id` where it has one.

    Raises:
        BadResource: it is no YAML mapping, or states something that this kind does not have.
    """
    found = _read(text.removeprefix(BOM), shown)
    known = _fields_beside_the_source(kind)
    stated: dict[str, Json] = {}
    for name, value in found.items():
        if name == ID or name in known:
            try:
                stated[name] = _parse_value(known.get(name), value)
            except (UsageError, TypeError, ValueError, AttributeError, RecursionError) as error:
                hint = error.hint if isinstance(error, UsageError) else None
                place = f"{shown}:{_line_of(text, name)}"
                raise BadResource(f"{place}: {name} cannot be {_shown(value)}", hint=hint) from error
        else:
            import difflib

            close = difflib.get_close_matches(str(name), [*known, ID], n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"a {kind.name} has: {', '.join([*known, ID])}"
            raise BadResource(f"{shown}:{_line_of(text, name)}: a {kind.name} has no {name!r}", hint=hint)
    return stated


def render_sidecar(kind: Kind, slug: Slug, body: Body, present: str | None, *, states_id: bool) -> str | None:
    """Write what the source does not imply; None where nothing is left to say.

    `present` is the sidecar as it stands. A line of it that is true stays as its author wrote it, said needlessly or
    not; so do comments, order, and a byte order mark. It stays where a comment is in it.
    """
    if present is not None and present.startswith(BOM):
        rendered = render_sidecar(kind, slug, body, present.removeprefix(BOM), states_id=states_id)
        return None if rendered is None else BOM + rendered
    facts = kind.facts_of(slug, body)
    known = _fields_beside_the_source(kind)
    true = {ID: str(slug)} | {name: body[name] for name in known}
    needed = {ID: str(slug)} if states_id else {}
    needed |= {name: body[name] for name, each in known.items() if not is_same_json(body[name], each.implied(facts))}
    if present is None:
        return _render(needed) if needed else None
    shown = _read(present, "sidecar")
    said = {name for name in shown if name in true and _says(known.get(name), shown[name], true[name])}
    dropped = [name for name in shown if name not in said and name not in needed]
    changed = {name: value for name, value in needed.items() if name not in said}
    return _edit(present, dropped, changed) if dropped or changed else present


def states_nothing(text: str, shown: str) -> bool:
    """Tell whether a text has no YAML in it: comments alone, or nothing between its lines of hyphens.

    Raises:
        BadResource: it is no YAML.
    """
    text = text.removeprefix(BOM)
    return read_plain(text) is None and load_yaml(text, shown) is None


def to_body(kind: Kind, slug: Slug, source: str, stated: dict[str, Json]) -> Body:
    """Make a body of a source and of what is stated beside it: the rest is what the source implies."""
    text = kind.text
    said = {**stated, text.name: source} if text else stated
    facts = kind.facts_of(slug, said)
    body = {each.name: said.get(each.name, each.implied(facts)) for each in kind.fields}
    if text:
        body[text.name] = text.codec.parse(source)
    return body


def _fields_beside_the_source(kind: Kind) -> dict[str, Field]:
    text = kind.text
    apart = {text.name} if text else set()
    if kind.form and kind.form.tree_field:
        apart.add(kind.form.tree_field)
    return {each.name: each for each in kind.fields if each.name not in apart}


def _parse_value(of: Field | None, value: Any) -> Json:
    """Bring one value into canonical form; `of` is None for the id. YAML takes `no` for a word and `1.10` for 1.1."""
    plain = to_json(value)
    if of is None or of.codec is TEXT:
        if not isinstance(plain, str) and (of is None or plain is not None):
            raise UsageError("no text", hint="write it in quotes")
        if of is None and not plain:
            raise UsageError("no id", hint="write an id, or leave the line out: then the file's name is the id")
    elif of.codec is SWITCH and not isinstance(plain, bool):
        raise UsageError("neither yes nor no", hint="write true or false")
    for key in of.apart_from if of is not None and isinstance(plain, dict) else ():
        if plain.get(key) is not None:
            raise UsageError(f"no place for {key}", hint=f"take {key} out of it: it is said elsewhere, or the server's")
    return plain if of is None else of.codec.parse(plain)


def _says(of: Field | None, value: Any, wanted: Json) -> bool:
    try:
        return is_same_json(_parse_value(of, value), wanted)
    except (UsageError, TypeError, ValueError, AttributeError, RecursionError):
        return False


def _edit(present: str, dropped: list[str], changed: Mapping[str, Json]) -> str | None:
    """Change a sidecar line by line, so that every other byte stays; where its form forbids that, write it anew."""
    whole = _load(present, "sidecar")
    try:
        told = to_json(whole)
    except (UsageError, RecursionError) as error:
        raise BadResource(
            "a sidecar that cannot be read cannot be edited", hint="mend the file, or move it away"
        ) from error
    expected = {name: value for name, value in told.items() if name not in dropped} | dict(changed)
    if not expected:
        comments = [line for line in present.splitlines(keepends=True) if line.startswith("#")]
        return "".join(comments) or None
    # what a merge key takes over stands on no line of its own
    has_lines = whole.fa.flow_style() is not True and not whole.merge
    ways = (partial(_edited_lines, by_item=True), _edited_lines, _edited_tree) if has_lines else (_edited_tree,)
    for way in ways:
        edited = "".join(way(present, whole, dropped, changed))
        if _reads_as(edited, expected):
            return edited
    return _render(expected)


def _edited_lines(
    present: str, whole: Any, dropped: list[str], changed: Mapping[str, Json], *, by_item: bool = False
) -> Iterator[str]:
    lines = present.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    starts = {name: whole.lc.key(name)[0] for name in whole}
    yield from lines[: min(starts.values(), default=len(lines))]
    for name, start in starts.items():
        stop = min((each for each in starts.values() if each > start), default=len(lines))
        after = stop
        while after > start + 1 and (not lines[after - 1].strip() or lines[after - 1].startswith("#")):
            after -= 1
        if by_item and _has_items(changed.get(name)) and _has_items(whole[name]):
            yield lines[start]
            for line in _edited_items(lines[start + 1 : after], start + 1, whole[name], changed[name]):
                yield line.rstrip("\r\n") + end
        elif name in changed:
            yield _with_comment(_render({name: changed[name]}), whole, name).replace("\n", end)
        elif name not in dropped:
            yield from lines[start:after]
        yield from lines[after:stop]
    if lines and not lines[-1].endswith(("\n", "\r")):
        yield end
    for name, value in changed.items():
        if name not in starts:
            yield _render({name: value}).replace("\n", end)


def _has_items(value: Any) -> bool:
    """Tell whether a value is a list that has lines of its own, or may have."""
    return isinstance(value, list) and bool(value) and not (hasattr(value, "fa") and value.fa.flow_style())


def _edited_items(lines: list[str], first: int, old: Any, new: Json) -> Iterator[str]:
    """Change a list item by item: each that stays keeps its lines, and the comments above them.

    `first` is the number of the first line. Where an item is not what it looks like, the result does not read as meant.
    """
    starts = [old.lc.item(number)[0] - first for number in range(len(old))]
    dash = " " * (len(lines[starts[0]]) - len(lines[starts[0]].lstrip()))
    cuts = [0]
    for start in starts[1:]:
        above = (number for number in range(start, 0, -1) if not lines[number - 1].lstrip().startswith("#"))
        cuts.append(next(above, 0))
    left = [
        (to_json(each), lines[begin:stop])
        for each, (begin, stop) in zip(old, pairwise([*cuts, len(lines)]), strict=True)
    ]
    for value in new:
        same = next((each for each in left if is_same_json(each[0], value)), None)
        if same is not None:
            left.remove(same)
            yield from same[1]
        else:
            yield from (dash + line for line in _render({ID: [value]}).splitlines()[1:])


def _edited_tree(_present: str, whole: Any, dropped: list[str], changed: Mapping[str, Json]) -> Iterator[str]:
    """Change the tree and write it whole by the library's own hand, which rounds the numbers that it passes on."""
    for name in dropped:
        del whole[name]
    whole.update({name: _styled(value) for name, value in changed.items()})
    yield _dump(whole)


def _with_comment(line: str, whole: Any, name: str) -> str:
    """Give a new value the comment that stood behind the old one."""
    tokens = whole.ca.items.get(name) or ()
    comment = next((each.value for each in tokens[2:3] if each is not None), "").partition("\n")[0].strip()
    return f"{line[:-1]}  {comment}\n" if comment.startswith("#") and line.count("\n") == 1 else line


def _reads_as(text: str, expected: Mapping[str, Json]) -> bool:
    try:
        return is_same_json(to_json(_load(text, "sidecar")), dict(expected))
    except (BadResource, UsageError, RecursionError):
        return False


def _render(values: Mapping[str, Json]) -> str:
    plain = write_plain(values)
    return plain if plain is not None else _dump({name: _styled(value) for name, value in values.items()})


def _dump(whole: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(whole, stream)
    return stream.getvalue()


def _read(text: str, shown: str) -> Mapping[str, Any]:
    plain = read_plain(text)
    return plain if plain is not None else _load(text, shown)


def _load(text: str, shown: str) -> Any:
    from ruamel.yaml.comments import CommentedMap

    found = load_yaml(text, shown)
    if found is None:
        return CommentedMap()
    if not isinstance(found, CommentedMap):
        raise BadResource(f"{shown}:1: a sidecar is a YAML mapping", hint="write lines of the form `name: value`")
    return found


def load_yaml(text: str, shown: str) -> Any:
    """Read YAML into the library's own types, which `to_json` takes off again; None where there is none.

    Raises:
        BadResource: it is no YAML, or has no end.
    """
    from ruamel.yaml.error import YAMLError

    try:
        _check_ends(text, shown)
        return _yaml().load(text)
    except (YAMLError, ValueError, NotImplementedError, RecursionError, LookupError, AssertionError) as error:
        # the library does not know where to keep some comments, and does not expect some versions of YAML
        mark = getattr(error, "problem_mark", None)
        place = f"{shown}:{mark.line + 1}" if mark else shown
        problem = getattr(error, "problem", None) or str(error)
        raise BadResource(f"{place}: this is no YAML: {problem}", hint="mend the line, or restore the file") from error


def _check_ends(text: str, shown: str) -> None:
    """See that no anchor stands for something that it is within: the library reads nothing there.

    Raises:
        BadResource: one does.
    """

    def check(node: Any, above: tuple[int, ...]) -> None:
        if id(node) in above:
            raise BadResource(f"{shown}:{node.start_mark.line + 1}: this holds itself", hint="write out what is meant")
        held = node.value if isinstance(node.value, list) else ()
        for each in held:
            for part in each if isinstance(each, tuple) else (each,):
                check(part, (*above, id(node)))

    root = _yaml().compose(text) if "&" in text and "*" in text else None
    if root is not None:
        check(root, ())


@functools.cache
def _round_trip() -> Any:
    from ruamel.yaml import YAML

    class RoundTrip(YAML):
        """Look for no plug-ins: to search their folder anew for each text takes a quarter of the reading."""

        def official_plug_ins(self) -> list[str]:
            return []

    return RoundTrip


def _yaml() -> Any:
    # one for each text: a text that says which YAML it is changes how its reader takes the next one
    yaml = _round_trip()(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    yaml.allow_unicode = True
    return yaml


def _line_of(text: str, name: str) -> int:
    try:
        return int(_load(text, "sidecar").lc.key(name)[0]) + 1
    except (AttributeError, KeyError, TypeError):
        return 1


def to_json(value: Any) -> Json:
    """Take the YAML library's own types off a value.

    Raises:
        UsageError: JSON has no such value, or no server could read it.
        RecursionError: it holds itself.
    """
    if type(value) in (bool, type(None)) or (type(value) is str and value.isascii()):
        return value
    from ruamel.yaml.scalarbool import ScalarBoolean

    if isinstance(value, ScalarBoolean):
        return bool(value)
    if isinstance(value, dict):
        pairs = [(_to_key(key), to_json(each)) for key, each in value.items()]
        found = dict(pairs)
        if len(found) != len(pairs):
            raise UsageError(
                "two keys of one name", hint="JSON has texts for keys, so 1 and '1' are one: keep one of them"
            )
        return found
    if isinstance(value, list):
        return [to_json(each) for each in value]
    if isinstance(value, dt.date):
        return str(value)
    for plain in (int, float, str):
        if isinstance(value, plain):
            _check_writable(value)
            return plain(value)
    raise UsageError("nothing that JSON can say", hint="write a text, in quotes, or a list")


def _to_key(key: Any) -> str:
    if not isinstance(key, str | int | float | dt.date | None):
        raise UsageError("no name", hint="write the name as a word")
    _check_writable(str(key))
    return str(key)


def _check_writable(value: float | str) -> None:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise UsageError("half a character", hint="write the character itself") from error
    except ValueError as error:
        raise UsageError("no number that JSON can say", hint="write it as a text, in quotes") from error


def _shown(value: Any) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):
        # too many digits, or too deep
        return "what stands there"


def _styled(value: Json) -> Any:
    """Write a text of several lines as a block where that keeps every byte, what cannot be seen in quotes.

    A block that ended in empty lines would take in the empty lines below it.
    """
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, dict):
        return {_styled(key): _styled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_styled(each) for each in value]
    if not isinstance(value, str) or value.isprintable():
        return value
    *shown, last = value.split("\n")
    ends = [*shown[:1], *shown[-1:]]
    keeps = not last and all(ends) and all(line == line.strip() and line.isprintable() for line in shown)
    return LiteralScalarString(value) if keeps else DoubleQuotedScalarString(value)
