"""Versions on 0.12: what makes a new one, how they are chained, and the way back."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, make_id, read_json, refusal

pytestmark = pytest.mark.generation("0.12")

ENTRY_FIELDS = {"id", "parent_id", "user_id", "commit_message", "created_at", "user"}
I18N = {"de": {"name": "Name"}}


@pytest.fixture
def plugin(server, kind):
    """A plugin with one version, and the source with which it was created."""
    return create_plugin(server.admin, kind, commit_message="first")


def update(server, kind, plugin_id, source=None, **more):
    """Save a plugin and return its version afterwards."""
    form = kind.form(plugin_id, source, **more)
    return read_json(server.admin.post(kind.url(plugin_id, "/update"), json=form))["version_id"]


def read_history(server, kind, plugin_id):
    """Return all entries by id."""
    entries = read_json(server.admin.get(kind.url(plugin_id, "/history")))
    return {entry["id"]: entry for entry in entries}


def read_entry(server, kind, plugin_id, version_id):
    return read_json(server.admin.get(kind.url(plugin_id, f"/history/{version_id}")))


def test_a_creation_is_the_first_version(server, kind, plugin):
    """History begins with an entry without a parent, whose id is the plugin's version."""
    history = read_history(server, kind, plugin["id"])
    assert list(history) == [plugin["version_id"]]
    entry = history[plugin["version_id"]]
    assert set(entry) == ENTRY_FIELDS | {kind.owner_field}
    assert (entry["parent_id"], entry["commit_message"]) == (None, "first")
    assert (entry[kind.owner_field], entry["user_id"]) == (plugin["id"], server.admin_person.id)
    assert entry["user"] == {"name": server.admin_person.name}


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another name"},
        {"meta": {"description": "Something else"}},
        {"meta": {"description": "What it does", "colour": "red"}},
        {"meta": {"description": "What it does", "i18n": I18N}},
        {"meta": {}},
    ],
)
def test_a_change_of_name_or_meta_is_a_version(server, kind, plugin, change):
    """What people wrote makes a version, whatever field of `meta` it is in."""
    assert update(server, kind, plugin["id"], **change) != plugin["version_id"]


def test_a_change_of_the_source_is_a_version(server, kind, plugin):
    """One more comment is a version."""
    assert update(server, kind, plugin["id"], kind.source + "# more\n") != plugin["version_id"]


@pytest.mark.parametrize(
    "meta",
    [
        {"description": "What it does"},
        {"description": "What it does", "i18n": None},
        {"description": "What it does", "manifest": {"made": "up"}},
        {"description": "What it does", "has_user_valves": True},
    ],
)
def test_what_the_server_derives_is_no_version(server, kind, plugin, meta):
    """The same again, or other values for what the server fills in itself, keeps the version."""
    assert update(server, kind, plugin["id"], meta=meta, commit_message="unheard") == plugin["version_id"]
    assert len(read_history(server, kind, plugin["id"])) == 1


def test_a_rewritten_import_is_no_version(server, kind):
    """Sending the source as it was before its imports were rewritten changes nothing."""
    source = "# from utils import nothing\n" + kind.source
    plugin = create_plugin(server.admin, kind, source=source)
    assert update(server, kind, plugin["id"], source) == plugin["version_id"]


def test_switches_valves_and_access_are_no_versions(server, kind):
    """A version is a matter of name, source and `meta` alone."""
    plugin = create_plugin(server.admin, kind, source=sources.with_valves(kind.source))
    read_json(server.admin.post(kind.url(plugin["id"], "/valves/update"), json={"count": 5}))
    if kind is FUNCTIONS:
        read_json(server.admin.post(kind.url(plugin["id"], "/toggle")))
        read_json(server.admin.post(kind.url(plugin["id"], "/toggle/global")))
    else:
        read_json(server.admin.post(kind.url(plugin["id"], "/access/update"), json=server.public()))
    assert read_json(server.admin.get(kind.url(plugin["id"])))["version_id"] == plugin["version_id"]


def test_a_refused_update_is_no_version(server, kind, plugin):
    """A source that does not load leaves no trace in the history."""
    assert server.admin.post(kind.url(plugin["id"], "/update"), json=kind.form(plugin["id"], "1/0")).status_code == 400
    assert list(read_history(server, kind, plugin["id"])) == [plugin["version_id"]]


def test_versions_are_chained_and_keep_their_messages(server, kind, plugin):
    """Every version names the one it was made from; going back to an old text is a new version."""
    chain = [
        plugin["version_id"],
        update(server, kind, plugin["id"], name="Second", commit_message="second"),
        update(server, kind, plugin["id"], name="Third"),
        update(server, kind, plugin["id"], commit_message="as it was"),
    ]
    history = read_history(server, kind, plugin["id"])
    assert set(history) == set(chain)
    assert [history[version]["parent_id"] for version in chain] == [None, *chain[:-1]]
    assert [history[version]["commit_message"] for version in chain] == ["first", "second", None, "as it was"]


def test_every_reading_tells_the_version(server, kind, plugin):
    """Listings, export and item carry the version that the last save answered."""
    version = update(server, kind, plugin["id"], name="Second")
    rows = [read_json(server.admin.get(f"{kind.path}{listing}")) for listing in ("/", "/list", "/export")]
    told = [row["version_id"] for listing in rows for row in listing if row["id"] == plugin["id"]]
    item = read_json(server.admin.get(kind.url(plugin["id"])))
    assert [*told, item["version_id"]] == [version] * 4


def test_an_entry_holds_the_snapshot(server, kind, plugin):
    """One entry tells name, source and `meta` of its version, without what the server derives."""
    version = update(server, kind, plugin["id"], name="Second", meta={"i18n": None, "colour": "red"})
    first = read_entry(server, kind, plugin["id"], plugin["version_id"])
    assert set(first) == ENTRY_FIELDS | {kind.owner_field, "snapshot"}
    assert first["snapshot"] == {"name": "A name", "content": kind.source, "meta": {"description": "What it does"}}
    second = read_entry(server, kind, plugin["id"], version)
    meta = {"description": None, "colour": "red"}
    assert second["snapshot"] == {"name": "Second", "content": kind.source, "meta": meta}


def test_history_is_told_in_pages_of_twenty(server, kind, plugin):
    """The first page is number one, and zero as well; a page too far is empty."""
    for number in range(20):
        update(server, kind, plugin["id"], name=f"Name {number}")
    pages = [read_json(server.admin.get(kind.url(plugin["id"], f"/history?page={page}"))) for page in (0, 1, 2, 3)]
    assert [len(page) for page in pages] == [20, 20, 1, 0]
    assert len({entry["id"] for page in pages for entry in page}) == 21
    times = [entry["created_at"] for entry in pages[1] + pages[2]]
    assert times == sorted(times, reverse=True)


def test_two_versions_are_compared(server, kind, plugin):
    """A comparison is a unified diff of the sources, and before and after of each changed field."""
    version = update(server, kind, plugin["id"], kind.source + "# more\n", name="Second")
    query = f"/history/diff?from_id={plugin['version_id']}&to_id={version}"
    told = read_json(server.admin.get(kind.url(plugin["id"], query)))
    assert set(told) == {"from_id", "to_id", "metadata", "content_diff", "line_endings_only"}
    assert (told["from_id"], told["to_id"], told["line_endings_only"]) == (plugin["version_id"], version, False)
    assert told["metadata"] == {"name": {"before": "A name", "after": "Second"}}
    assert told["content_diff"].startswith("--- selected.py\n+++ production.py\n@@")
    assert told["content_diff"].endswith("+# more")


def test_the_way_back_makes_no_version(server, kind, plugin):
    """Going back restores name, source and `meta` under the old version's id; the next change follows that one."""
    second = update(server, kind, plugin["id"], kind.source + "# more\n", name="Second", meta={"colour": "red"})
    path = kind.url(plugin["id"], "/update/version")
    restored = read_json(server.admin.post(path, json={"version_id": plugin["version_id"]}))
    assert restored["version_id"] == plugin["version_id"]
    assert (restored["name"], restored["content"], restored["meta"]) == ("A name", kind.source, plugin["meta"])
    assert set(read_history(server, kind, plugin["id"])) == {plugin["version_id"], second}
    third = update(server, kind, plugin["id"], name="Third")
    assert read_entry(server, kind, plugin["id"], third)["parent_id"] == plugin["version_id"]


def test_a_version_can_be_deleted_unless_it_is_current(server, kind, plugin):
    """The children of a deleted version get its parent."""
    second = update(server, kind, plugin["id"], name="Second")
    third = update(server, kind, plugin["id"], name="Third")
    answer = server.admin.delete(kind.url(plugin["id"], f"/history/{third}"))
    assert refusal(answer) == (400, texts.VERSION_IS_CURRENT)
    assert read_json(server.admin.delete(kind.url(plugin["id"], f"/history/{second}"))) is True
    history = read_history(server, kind, plugin["id"])
    assert set(history) == {plugin["version_id"], third}
    assert history[third]["parent_id"] == plugin["version_id"]


def test_a_missing_version(server, kind, plugin):
    """A version that is not there, or belongs to another plugin, is 404."""
    other = create_plugin(server.admin, kind)["version_id"]
    for version in (make_id(), other):
        for answer in (
            server.admin.get(kind.url(plugin["id"], f"/history/{version}")),
            server.admin.delete(kind.url(plugin["id"], f"/history/{version}")),
            server.admin.get(kind.url(plugin["id"], f"/history/diff?from_id={plugin['version_id']}&to_id={version}")),
            server.admin.post(kind.url(plugin["id"], "/update/version"), json={"version_id": version}),
        ):
            assert refusal(answer) == (404, texts.VERSION_NOT_FOUND)


def test_the_history_of_a_missing_plugin(server, kind):
    """There is no history of what is not there."""
    missing = make_id()
    assert refusal(server.admin.get(kind.url(missing, "/history"))) == (404, texts.HISTORY_NOT_FOUND)
    answer = server.admin.post(kind.url(missing, "/update/version"), json={"version_id": "any"})
    assert refusal(answer) == (404, texts.HISTORY_NOT_FOUND)


def test_history_goes_with_the_plugin(server, kind, plugin):
    """A plugin created anew under the id of a deleted one has no past."""
    update(server, kind, plugin["id"], name="Second")
    read_json(server.admin.delete(kind.url(plugin["id"], "/delete")))
    created = create_plugin(server.admin, kind, plugin["id"])
    assert list(read_history(server, kind, plugin["id"])) == [created["version_id"]]


def test_whoever_may_write_a_tool_reads_its_history(server):
    """Readers do not see history, writers do; of functions it is the administrator's."""
    access = server.access(read_users=[server.user_person.id])
    read_only = create_plugin(server.admin, TOOLS, **access)["id"]
    assert refusal(server.user.get(TOOLS.url(read_only, "/history"))) == (401, texts.PROHIBITED)
    access = server.access(write_users=[server.user_person.id])
    writable = create_plugin(server.admin, TOOLS, **access)["id"]
    assert len(read_json(server.user.get(TOOLS.url(writable, "/history")))) == 1
    function = create_plugin(server.admin, FUNCTIONS)["id"]
    assert refusal(server.user.get(FUNCTIONS.url(function, "/history"))) == (401, texts.PROHIBITED)
