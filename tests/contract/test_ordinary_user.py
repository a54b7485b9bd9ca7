"""What an ordinary user sees and may do, with every kind of access to somebody else's tool."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, find, ids, make_id, read_json, refusal

UNAUTHORIZED = (401, texts.UNAUTHORIZED)
PROHIBITED = (401, texts.PROHIBITED)
NOT_FOUND = (401, texts.NOT_FOUND)
PROHIBITED_VALVES = (400, texts.PROHIBITED)
DONE = 200

# How somebody else's tool is shared, and then what the user gets: the status of a success, or status and detail.
RIGHTS = ["none", "read", "write", "read and write", "public", "group read", "group write"]
LISTED_IN = {
    "0.6": {
        "/": {"read", "read and write", "public", "group read"},
        "/list": {"write", "read and write", "group write"},
        "/export": {"read", "read and write", "public", "group read"},
    },
    "0.12": {
        "/": {"read", "read and write", "public", "group read"},
        "/list": {"read", "read and write", "public", "group read"},
        "/export": {"write", "read and write", "group write"},
    },
}
READERS = {"read", "read and write", "public", "group read"}
WRITERS = {"write", "read and write", "group write"}
OUTSIDE = {
    "0.6": {
        "/valves": DONE, "/valves/spec": DONE, "/valves/user": DONE, "/valves/user/spec": DONE,
        "/update": UNAUTHORIZED, "/delete": UNAUTHORIZED,
        "/valves/update": PROHIBITED_VALVES, "/valves/user/update": DONE,
    },
    "0.12": {
        "/valves": PROHIBITED, "/valves/spec": PROHIBITED, "/valves/user": PROHIBITED,
        "/valves/user/spec": PROHIBITED, "/history": PROHIBITED, "/update": UNAUTHORIZED, "/delete": UNAUTHORIZED,
        "/valves/update": PROHIBITED_VALVES, "/valves/user/update": PROHIBITED, "/access/update": UNAUTHORIZED,
        "/update/version": PROHIBITED,
    },
}  # fmt: skip
READ_ADDS = {
    "0.6": {},
    "0.12": {"/valves/user": DONE, "/valves/user/spec": DONE, "/valves/user/update": DONE},
}
WRITE_ADDS = {
    "0.6": {"/valves/update": DONE, "/update": DONE, "/delete": DONE},
    "0.12": {
        "/valves": DONE, "/valves/spec": DONE, "/history": DONE, "/valves/update": DONE, "/access/update": DONE,
        "/update": DONE, "/update/version": (404, texts.VERSION_NOT_FOUND), "/delete": DONE,
    },
}  # fmt: skip
CHANGED_SOURCE = {"0.6": DONE, "0.12": UNAUTHORIZED}
HIDDEN_ITEM = {"0.6": (200, None), "0.12": PROHIBITED}
CONTENT_OF_ITEM = {
    "0.6": {"read": "source", "read and write": "source", "public": "source", "group read": "source"},
    "0.12": {"read": "absent", "read and write": "source", "public": "absent", "group read": "absent"},
}
CONTENT_IN_LISTING = {"0.6": {"/": "source", "/list": "absent"}, "0.12": {"/": None, "/list": None}}
FUNCTION_FIELDS_0_6 = {"id", "user_id", "type", "name", "meta", "is_active", "is_global", "updated_at", "created_at"}
FUNCTION_FIELDS = {"0.6": FUNCTION_FIELDS_0_6, "0.12": FUNCTION_FIELDS_0_6 | {"version_id"}}
SOURCE = sources.with_valves(sources.TOOL)
VALVES = {"api_key": "very-secret-value"}


def promised(generation, right):
    """Return what each address answers to a user with this right."""
    read_adds = READ_ADDS[generation] if right in READERS else {}
    write_adds = WRITE_ADDS[generation] if right in WRITERS else {}
    return {**OUTSIDE[generation], **read_adds, **write_adds}


def outcome(answer):
    """Return the status of a success, or status and detail of a refusal."""
    return DONE if answer.status_code == DONE else refusal(answer)


def same_form(server, tool_id):
    """Return the form that saves a tool as it is."""
    item = read_json(server.admin.get(TOOLS.url(tool_id)))
    access = {"access_control": item["access_control"]} if server.generation == "0.6" else {}
    return TOOLS.form(tool_id, item["content"], **access)


@pytest.fixture
def tools(server, access_of):
    """Return the ids of the administrator's tools, one for each right, with valves set."""
    made = {}
    for right, access in access_of.items():
        made[right] = create_plugin(server.admin, TOOLS, source=SOURCE, **access)["id"]
        read_json(server.admin.post(TOOLS.url(made[right], "/valves/update"), json=VALVES))
    return made


@pytest.mark.parametrize("listing", ["/", "/list", "/export"])
def test_which_tools_are_listed(server, tools, allow_users, listing):
    """What one may read and what one may write are in different listings, and not the same in both generations."""
    allow_users("tools_export")
    seen = set(ids(read_json(server.user.get(f"{TOOLS.path}{listing}"))))
    expected = {tools[right] for right in LISTED_IN[server.generation][listing]}
    assert seen & set(tools.values()) == expected
    everything = set(ids(read_json(server.admin.get(f"{TOOLS.path}{listing}"))))
    assert set(tools.values()) <= everything


@pytest.mark.parametrize("listing", ["/", "/list"])
def test_listings_tell_readers_the_source_on_0_6_only(server, tools, listing):
    """`GET /api/v1/tools/` of 0.6 hands every reader the source."""
    row = find(read_json(server.user.get(f"{TOOLS.path}{listing}")), tools["read and write"])
    expected = CONTENT_IN_LISTING[server.generation][listing]
    assert row.get("content", "absent") == (SOURCE if expected == "source" else expected)


@pytest.mark.generation("0.12")
def test_the_list_tells_who_may_write(server, tools):
    """On 0.12 each row of the list says whether the caller may write it."""
    rows = read_json(server.user.get(f"{TOOLS.path}/list"))
    told = {right: find(rows, tools[right])["write_access"] for right in LISTED_IN["0.12"]["/list"]}
    assert told == {"read": False, "read and write": True, "public": False, "group read": False}


def test_the_export_carries_the_source(server, tools, allow_users):
    """Whoever may export gets the source of what is in it."""
    allow_users("tools_export")
    row = find(read_json(server.user.get(f"{TOOLS.path}/export")), tools["read and write"])
    assert row["content"] == SOURCE


def test_the_export_needs_a_permission(server):
    """Without `workspace.tools_export` there is no export."""
    assert refusal(server.user.get(f"{TOOLS.path}/export")) == UNAUTHORIZED


@pytest.mark.parametrize("right", ["none", "write", "group write"])
def test_a_tool_one_may_not_read(server, tools, right):
    """0.12 prohibits it, 0.6 answers null; to write a tool is not to read it."""
    answer = server.user.get(TOOLS.url(tools[right]))
    assert refusal(answer) == HIDDEN_ITEM[server.generation]


@pytest.mark.parametrize("right", sorted(READERS))
def test_a_tool_one_may_read(server, tools, right):
    """Readers get the specs; the source goes to every reader on 0.6, to writers only on 0.12."""
    item = read_json(server.user.get(TOOLS.url(tools[right])))
    expected = CONTENT_OF_ITEM[server.generation][right]
    assert item.get("content", "absent") == (SOURCE if expected == "source" else expected)
    assert [spec["name"] for spec in item["specs"]] == ["say"]
    assert item.get("write_access") is {"0.6": None, "0.12": right in WRITERS}[server.generation]


@pytest.mark.parametrize("right", RIGHTS)
def test_what_one_may_do_with_somebody_elses_tool(server, tools, right):
    """Every address of a tool answers each right in its own way; on 0.6 valves are told to everybody."""
    tool_id, expected = tools[right], promised(server.generation, right)
    for rest in ("/valves", "/valves/spec", "/valves/user", "/valves/user/spec", "/history"):
        if rest in expected:
            assert outcome(server.user.get(TOOLS.url(tool_id, rest))) == expected[rest], rest
    forms = {
        "/valves/update": {"count": 4},
        "/valves/user/update": {"lang": "de"},
        "/update": same_form(server, tool_id),
        "/update/version": {"version_id": "no-such-version"},
    }
    for rest, form in forms.items():
        if rest in expected:
            assert outcome(server.user.post(TOOLS.url(tool_id, rest), json=form)) == expected[rest], rest


@pytest.mark.parametrize("right", RIGHTS)
def test_who_may_delete_somebody_elses_tool(server, tools, right):
    """Whoever may write a tool may delete it."""
    expected = promised(server.generation, right)["/delete"]
    assert outcome(server.user.delete(TOOLS.url(tools[right], "/delete"))) == expected


@pytest.mark.generation("0.12")
@pytest.mark.parametrize("right", RIGHTS)
def test_who_may_change_the_access_of_somebody_elses_tool(server, tools, right):
    """On 0.12 whoever may write a tool may take access away."""
    answer = server.user.post(TOOLS.url(tools[right], "/access/update"), json={"access_grants": []})
    assert outcome(answer) == promised("0.12", right)["/access/update"]


@pytest.mark.generation("0.6")
def test_valves_are_told_to_everybody_on_0_6(server, tools):
    """0.6 does not look at access when valves are read: secrets of private tools are open to every member."""
    assert read_json(server.user.get(TOOLS.url(tools["none"], "/valves"))) == VALVES


@pytest.mark.parametrize("right", sorted(WRITERS))
def test_changing_the_source_of_a_tool_one_may_write(server, tools, right):
    """On 0.12 code is changed only by who may make tools; name and `meta` by every writer."""
    form = same_form(server, tools[right])
    renamed = {**form, "name": "Another name"}
    assert outcome(server.user.post(TOOLS.url(tools[right], "/update"), json=renamed)) == DONE
    changed = {**form, "content": form["content"] + "# changed\n"}
    answer = server.user.post(TOOLS.url(tools[right], "/update"), json=changed)
    assert outcome(answer) == CHANGED_SOURCE[server.generation]


@pytest.mark.parametrize("permission", ["tools", "tools_import"])
def test_who_may_make_tools_may_change_the_source(server, tools, allow_users, permission):
    """With `workspace.tools` or `workspace.tools_import` a writer may change code on every server."""
    allow_users(permission)
    form = same_form(server, tools["read and write"])
    form["content"] += "# changed\n"
    updated = read_json(server.user.post(TOOLS.url(tools["read and write"], "/update"), json=form))
    assert updated["content"] == form["content"]
    assert updated["user_id"] == server.admin_person.id


def test_making_a_tool_needs_a_permission(server):
    """Without `workspace.tools` nothing is made; the form is looked at before, the id and the source after."""
    for form in (TOOLS.form(make_id()), TOOLS.form("not-an-id"), TOOLS.form(make_id(), "not python (")):
        assert refusal(server.user.post(f"{TOOLS.path}/create", json=form)) == UNAUTHORIZED
    assert server.user.post(f"{TOOLS.path}/create", json={}).status_code == 422


@pytest.mark.parametrize("permission", ["tools", "tools_import"])
def test_a_user_makes_and_keeps_tools_of_their_own(server, allow_users, permission):
    """With the permission a user makes a tool, owns it, and sees it in every listing but the others' ones."""
    allow_users(permission, "tools_export")
    tool = create_plugin(server.user, TOOLS, **server.private())
    assert tool["user_id"] == server.user_person.id
    stranger = server.add_person().client
    for listing in ("/", "/list", "/export"):
        assert tool["id"] in ids(read_json(server.user.get(f"{TOOLS.path}{listing}")))
        assert tool["id"] not in ids(read_json(stranger.get(f"{TOOLS.path}{listing}")))
    assert read_json(server.user.get(TOOLS.url(tool["id"])))["content"] == sources.TOOL
    assert read_json(server.user.delete(TOOLS.url(tool["id"], "/delete"))) is True


def test_an_owner_who_may_make_no_more_tools(server, allow_users):
    """The permission gone, an owner may still delete; the source they change on 0.6 only."""
    allow_users("tools")
    tool_id = create_plugin(server.user, TOOLS, **server.private())["id"]
    read_json(server.admin.post("/api/v1/users/default/permissions", json=no_tools(server)))
    form = same_form(server, tool_id)
    form["content"] += "# changed\n"
    answer = server.user.post(TOOLS.url(tool_id, "/update"), json=form)
    assert outcome(answer) == CHANGED_SOURCE[server.generation]
    assert read_json(server.user.delete(TOOLS.url(tool_id, "/delete"))) is True


def no_tools(server):
    permissions = read_json(server.admin.get("/api/v1/users/default/permissions"))
    return {**permissions, "workspace": {**permissions["workspace"], "tools": False}}


def test_every_user_sees_which_functions_there_are(server):
    """`GET /api/v1/functions/` tells everybody of every function, without its source."""
    function = create_plugin(server.admin, FUNCTIONS)
    row = find(read_json(server.user.get(f"{FUNCTIONS.path}/")), function["id"])
    assert set(row) == FUNCTION_FIELDS[server.generation]
    assert row == function


@pytest.mark.parametrize("listing", ["/list", "/export", "/export?include_valves=true"])
def test_other_listings_of_functions_are_the_administrators(server, listing):
    """List and export are prohibited."""
    assert refusal(server.user.get(f"{FUNCTIONS.path}{listing}")) == PROHIBITED


@pytest.mark.parametrize("exists", [True, False], ids=["existing", "missing"])
def test_functions_are_the_administrators(server, exists):
    """Every other address of a function is prohibited, whether or not it is there, and whatever the form."""
    function_id = create_plugin(server.admin, FUNCTIONS)["id"] if exists else make_id()
    for rest in ("", "/valves", "/valves/spec"):
        assert refusal(server.user.get(FUNCTIONS.url(function_id, rest))) == PROHIBITED
    for rest in ("/update", "/toggle", "/toggle/global", "/valves/update"):
        assert refusal(server.user.post(FUNCTIONS.url(function_id, rest), json={})) == PROHIBITED
    assert refusal(server.user.delete(FUNCTIONS.url(function_id, "/delete"))) == PROHIBITED
    for form in (FUNCTIONS.form(make_id()), {}):
        assert refusal(server.user.post(f"{FUNCTIONS.path}/create", json=form)) == PROHIBITED


def test_user_valves_of_functions_are_everybodys(server):
    """Own values of a function's user valves need no right."""
    function_id = create_plugin(server.admin, FUNCTIONS, source=sources.with_valves(sources.FILTER))["id"]
    read_json(server.admin.post(FUNCTIONS.url(function_id, "/toggle")))
    assert read_json(server.user.get(FUNCTIONS.url(function_id, "/valves/user"))) == {}
    path = FUNCTIONS.url(function_id, "/valves/user/update")
    assert read_json(server.user.post(path, json={"lang": "de"})) == {"lang": "de"}
    assert refusal(server.user.get(FUNCTIONS.url(make_id(), "/valves/user"))) == NOT_FOUND


@pytest.mark.parametrize("kind_path", [TOOLS.path, FUNCTIONS.path])
def test_loading_from_an_address_is_the_administrators(server, kind_path):
    """The server fetches sources for administrators only."""
    answer = server.user.post(f"{kind_path}/load/url", json={"url": "http://127.0.0.1/plugin.py"})
    assert refusal(answer) == PROHIBITED
