"""The kind table: each row is whole, and found by every name that people use."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from cochat_devkit import kinds
from cochat_devkit.errors import NotSupported, UnknownKind, UsageError
from cochat_devkit.kinds import all_kinds, kind_named, parse_ref, ref_of
from cochat_devkit.kinds.dialects import DIALECTS, OWUI_0_6, Dialect, dialect_named
from cochat_devkit.kinds.kind import Endpoints, Kind, SourceFacts, WrittenBy
from cochat_devkit.resource import Key, Slug

rows = pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
dialect_rows = pytest.mark.parametrize(
    ("kind", "found", "dialect"),
    [
        pytest.param(kind, kind.endpoints_for(dialect), dialect, id=f"{kind.name}-{dialect.name}")
        for kind in all_kinds()
        for dialect in DIALECTS.values()
        if {dialect.name, dialect.generation} & set(kind.endpoints)
    ],
)


def test_every_module_with_a_row_is_in_the_table():
    """Adding a kind is adding one file: none is passed over as one that has no row."""
    modules = [
        importlib.import_module(f"{kinds.__name__}.{each.name}") for each in pkgutil.iter_modules(kinds.__path__)
    ]
    having = {module.KIND.name for module in modules if hasattr(module, "KIND")}
    assert having == {kind.name for kind in all_kinds()}


@pytest.mark.parametrize(
    ("word", "name", "type_"),
    [("tool", "tool", None), ("tools", "tool", None), ("function", "function", None), ("functions", "function", None)]
    + [(each, "function", each) for each in ("filter", "pipe", "action", "event")]
    + [(f"{each}s", "function", each) for each in ("filter", "pipe", "action", "event")],
)
def test_kinds_have_the_names_that_people_use(word, name, type_):
    """`filters`, `filter` and `function` all lead to where a filter is kept."""
    kind, found = kind_named(word)
    assert (kind.name, found) == (name, type_)


@pytest.mark.parametrize("word", ["tol", "Tool", "", "*"])
def test_an_unknown_kind_names_the_known_ones(word):
    """A misspelt kind is answered with the list."""
    with pytest.raises(UnknownKind, match=f"no kind {word!r}".replace("*", r"\*")) as raised:
        kind_named(word)
    known = sorted(name for kind in all_kinds() for name in (kind.name, *kind.types))
    assert raised.value.hint == f"kinds: {', '.join(known)}"


@pytest.mark.parametrize(
    ("ref", "key", "type_"),
    [
        ("tool/web_search", Key("tool", Slug("web_search")), None),
        ("filter/billing", Key("function", Slug("billing")), "filter"),
        ("functions/x", Key("function", Slug("x")), None),
        ("tool/google_*", Key("tool", Slug("google_*")), None),
        ("tool/a/b", Key("tool", Slug("a/b")), None),
    ],
)
def test_addresses(ref, key, type_):
    """I name a resource by kind and id, or many by a pattern."""
    assert parse_ref(ref) == (key, type_)


@pytest.mark.parametrize("ref", ["tool", "tool/", "", "web_search"])
def test_what_is_no_address_is_refused(ref):
    """An address without its id is answered with the form of one."""
    with pytest.raises(UsageError, match="is no address") as raised:
        parse_ref(ref)
    assert raised.value.hint == "write kind/id, as in tool/web_search or filter/*"


def test_addresses_are_written_as_people_do():
    """What is printed is what I would type."""
    assert ref_of(Key("function", Slug("x")), "filter") == "filter/x"
    assert ref_of(Key("tool", Slug("x"))) == "tool/x"


def test_rows_are_apart():
    """No two kinds share a name or a folder, so that a file has one meaning."""
    kinds = all_kinds()
    words = [word for kind in kinds for word in (kind.name, kind.plural, *kind.types)]
    assert len(words) == len(set(words))
    folders = [folder for kind in kinds for folder in kind.folders.values()]
    assert len(folders) == len(set(folders))
    assert not [one for one in folders for other in folders if one != other and other.startswith(f"{one}/")]


@rows
def test_a_row_is_whole(kind: Kind):
    """Each kind says of itself what the rest of the house needs to know."""
    names = [each.name for each in kind.fields]
    assert len(names) == len(set(names))
    assert kind.named_by in names
    assert "id" not in names
    assert kind.summary
    assert kind.summary[-1] != "."
    assert set(kind.unlisted) <= set(names)
    assert (kind.form is None) is (kind.folders == {})
    if kind.form:
        assert {*kind.form.pictures, kind.form.source_field, kind.form.tree_field} - {None} <= set(names)


@dialect_rows
def test_the_requests_of_a_row_are_whole(kind: Kind, found: Endpoints, dialect: Dialect):
    """Each request names its resource, in the path or in the body, and each field is written by one that is there."""
    for endpoint in (found.item, found.update, found.delete, found.access, *found.switches.values()):
        assert endpoint is None or endpoint.path.count("{id}") == 1 or endpoint.sends_id
    lists = [found.create, found.listing.endpoint, *found.further, found.export.endpoint if found.export else None]
    assert not [each for each in lists if each and "{id}" in each.path]
    had = [each for each in kind.fields if each.place_on(dialect) is not None]
    if found.update:
        assert set(found.switches) == {each.name for each in had if each.written_by is WrittenBy.SWITCH}
        has_access = any(each.written_by is WrittenBy.ACCESS for each in had)
        assert (found.access is not None) is (has_access and dialect.access == "grants")
    assert (found.attachments is not None) is any(each.written_by is WrittenBy.FILES for each in had)
    if found.is_plain:
        assert found.id_field in found.item.keys


@dialect_rows
def test_a_row_hides_nothing_that_it_owns(kind: Kind, found: Endpoints, dialect: Dialect):
    """No field is both mine to edit and the server's to compute."""
    places = [each.place_on(dialect) for each in kind.fields]
    assert {place[0] for place in places if place}.isdisjoint(kind.derived)
    if kind.plugin:
        assert set(kind.required) >= {found.id_field, kind.form.source_field}


@rows
def test_a_silent_file_is_private_and_runs_for_nobody(kind: Kind):
    """A file that says nothing about it neither opens to everybody nor runs for everybody."""
    facts = SourceFacts(Slug("x"), {"title": "T", "name": "N", "description": "D"} if kind.plugin else {})
    implied = {each.name: each.implied(facts) for each in kind.fields}
    assert implied.get("access", "private") == "private"
    assert not any(implied.get(name) for name in ("global", "meta"))
    if kind.plugin:
        assert (implied["name"], implied["description"]) == ("T", "D")
        assert not implied.get("active")


@rows
def test_what_every_field_implies_can_be_stored(kind: Kind):
    """What silence means is in canonical form: reading it changes nothing."""
    facts = SourceFacts.of(Slug("x"), "")
    for each in kind.fields:
        assert each.codec.parse(each.implied(facts)) == each.implied(facts)


def test_a_kind_that_a_server_lacks_is_said():
    """Asking an old server for what it never had is an error with its name."""
    bare = Kind("x", "xs", "s", {"": "x"}, (), {"0.12": all_kinds()[0].endpoints["0.12"]}, (), ())
    with pytest.raises(NotSupported, match=r"Open WebUI 0\.6 has no xs"):
        bare.endpoints_for(OWUI_0_6)
    with pytest.raises(KeyError):
        bare.field_named("name")
    assert bare.folder_of("newer") == "plugins/xs"


def test_services_outside_the_server_are_not_ours():
    """A tool server in the list of tools is left where it is."""
    tool = kind_named("tool")[0]
    assert tool.is_external("server:mcp:x")
    assert not tool.is_external("server")
    assert not kind_named("function")[0].is_external("server:x")


def test_dialects_by_name():
    """A misspelt dialect is answered with the list."""
    assert dialect_named("cochat").generation == "0.6"
    with pytest.raises(UsageError, match="no dialect 'x'") as raised:
        dialect_named("x")
    assert raised.value.hint == "use one of: cochat, owui-0.12, owui-0.6"
