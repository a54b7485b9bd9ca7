"""The client: what a server shows is believed only where it fits the question."""

from __future__ import annotations

import pytest

from cochat_devkit.api.client import Client
from cochat_devkit.api.probe import Identity
from cochat_devkit.errors import (
    Missing,
    NotAllowed,
    NotSupported,
    RateLimited,
    RemoteError,
    SignedOut,
    UnexpectedReply,
    Unreachable,
)
from cochat_devkit.kinds import kind_named
from cochat_devkit.kinds.dialects import COCHAT, OWUI_0_6, OWUI_0_12
from cochat_devkit.resource import RemoteId
from tests.api.fake import PAGE, Answer, refuses, says

TOOL, FUNCTION = kind_named("tool")[0], kind_named("function")[0]
EXPORT, LIST_12, LIST_06, ITEM = "/api/v1/tools/export", "/api/v1/tools/list", "/api/v1/tools/", "/api/v1/tools/id/x"
RIGHTS, GROUPS = "/api/v1/users/permissions", "/api/v1/groups/"
EITHER = refuses(401, "401 Unauthorized")
WIRE = {"id": "x", "name": "X", "content": "x = 1\n", "meta": {}, "access_grants": []}
X = RemoteId("x")
GONE = Answer(200, b"true", {"content-type": "application/json"})


@pytest.fixture
def client(transport):
    """An admin's client of a 0.12 server."""
    return make_client(transport)


def make_client(transport, dialect=OWUI_0_12, role="admin"):
    return Client(transport, dialect, Identity("u1", "Ada", "ada@x.test", role))


def test_an_admin_lists_by_one_export(client, server):
    """Everything comes with one request, and the listing remembers how it was asked."""
    server.on("GET", EXPORT, says([WIRE, {**WIRE, "id": "y"}]))
    listed = client.fetch_listing(TOOL)
    assert [wire["id"] for wire in listed.wires] == ["x", "y"]
    assert (listed.has_bodies, listed.basis) == (True, f"{EXPORT} as admin")
    assert client.request_count == 1


@pytest.mark.parametrize(("dialect", "path"), [(OWUI_0_12, LIST_12), (OWUI_0_6, LIST_06), (COCHAT, LIST_06)])
def test_others_list_what_everybody_may(transport, server, dialect, path):
    """Without an admin's rights the export is not even asked for."""
    server.on("GET", path, says([{**WIRE, "content": None}]))
    listed = make_client(transport, dialect, "user").fetch_listing(TOOL)
    assert (listed.has_bodies, listed.basis) == (False, f"{path} as user")
    assert server.paths() == [path]


@pytest.mark.parametrize(
    "refusal",
    [refuses(403, ""), refuses(401, "You do not have permission to"), PAGE, refuses(405, "Method Not Allowed")],
)
def test_a_refused_export_falls_back_to_the_list(client, server, refusal):
    """A server that keeps its export to itself is listed the slow way."""
    server.on("GET", EXPORT, refusal)
    server.on("GET", LIST_12, says([WIRE]))
    assert client.fetch_listing(TOOL).basis == f"{LIST_12} as admin"


@pytest.mark.parametrize(
    "wrong",
    [
        *(says(each) for each in (None, {}, {"items": []}, "x", 5, [5], [None], [{"id": ""}], [{"name": "x"}], [[]])),
        *(
            Answer(200, b"[{", {"content-type": "application/json"}),
            refuses(500, ""),
            refuses(431, ""),
            Answer(drops=-1),
        ),
        *(refuses(401, "Not authenticated"), refuses(429, "", Retry_After="400"), refuses(400, "no"), Answer(302)),
    ],
)
@pytest.mark.parametrize("role", ["admin", "user"])
def test_a_listing_that_failed_is_not_an_empty_server(transport, server, wrong, role):
    """Whatever is wrong with a listing, I get an error: nothing is taken for deleted."""
    server.on("GET", EXPORT, wrong)
    server.on("GET", LIST_12, wrong)
    with pytest.raises(RemoteError):
        make_client(transport, role=role).fetch_listing(TOOL)


def test_services_that_the_server_passes_on_are_left_out(client, server):
    """Tool servers are listed among the tools, and are not mine to mirror."""
    server.on("GET", EXPORT, says([WIRE, {"id": "server:mcp:x"}, {"id": "server:y"}]))
    listed = client.fetch_listing(TOOL)
    assert ([wire["id"] for wire in listed.wires], listed.has_bodies) == (["x"], True)


def test_an_item_is_read(client, server):
    """An id stands in the path in a form that cannot leave it."""
    server.on("GET", ITEM, says(WIRE))
    server.on("GET", "/api/v1/tools/id/..%2Fa%3Fb", says({**WIRE, "id": "../a?b"}))
    assert client.fetch_item(TOOL, X) == WIRE
    assert client.fetch_item(TOOL, RemoteId("../a?b"))["id"] == "../a?b"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says({**WIRE, "id": "neighbour"}), UnexpectedReply),
        (says({"name": "x"}), UnexpectedReply),
        (says([WIRE]), UnexpectedReply),
        (says("x"), UnexpectedReply),
        (says(None), NotAllowed),
        (refuses(401, "We could not find what you're looking for :/"), Missing),
        (refuses(403, "no"), NotAllowed),
        (refuses(429, "", Retry_After="300"), RateLimited),
        (PAGE, NotSupported),
        (Answer(drops=-1), Unreachable),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(client, server, answer, error):
    """A neighbour's source never gets my tool's name, and only "not there" means not there."""
    server.on("GET", ITEM, answer)
    with pytest.raises(error, match=r"reading tool/x|a tool without an id"):
        client.fetch_item(TOOL, X)


@pytest.mark.parametrize(
    ("send", "method", "path"),
    [
        (lambda client: client.send_update(TOOL, X, WIRE), "POST", f"{ITEM}/update"),
        (lambda client: client.send_access(TOOL, X, WIRE), "POST", f"{ITEM}/access/update"),
        (lambda client: client.send_switch(FUNCTION, X, "active"), "POST", "/api/v1/functions/id/x/toggle"),
    ],
)
def test_a_write_is_believed_by_its_answer(client, server, send, method, path):
    """What the server then holds is its answer; one about something else is an error."""
    server.on(method, path, says(WIRE), says({**WIRE, "id": "neighbour"}), says(None))
    assert send(client) == WIRE
    for _ in range(2):
        with pytest.raises(UnexpectedReply):
            send(client)


def test_access_goes_alone(client, server, transport):
    """Changing who may read sends nothing else; a server without that request says so."""
    server.on("POST", f"{ITEM}/access/update", says(WIRE))
    client.send_access(TOOL, X, {**WIRE, "content": "secret"})
    assert server.asked[0].body == {"access_grants": []}
    with pytest.raises(NotSupported, match=r"changing the access of tool/x: this server does not offer it \(access\)"):
        make_client(transport, OWUI_0_6).send_access(TOOL, X, WIRE)


@pytest.mark.parametrize("answer", [says(0), says(None), says({}), says("true"), says(1)])
def test_a_deletion_is_confirmed_or_an_error(client, server, answer):
    """Only `true` says that it is gone."""
    server.on("DELETE", f"{ITEM}/delete", GONE, answer)
    client.send_delete(TOOL, X)
    with pytest.raises(UnexpectedReply, match="deleting tool/x: the server did not confirm it"):
        client.send_delete(TOOL, X)


def test_a_create_sends_the_form(client, server):
    """What the server answers a create is not taken for the whole."""
    server.on("POST", "/api/v1/tools/create", says(None), refuses(400, "Uh-oh! This id is already registered."))
    client.send_create(TOOL, WIRE, "tool/x")
    assert server.asked[0].body == WIRE
    with pytest.raises(RemoteError, match=r"creating tool/x: .*already registered"):
        client.send_create(TOOL, WIRE, "tool/x")


@pytest.mark.parametrize(
    ("rights", "error"),
    [
        (says({}), NotAllowed),
        (refuses(403, "x"), NotAllowed),
        (refuses(401, "401 Unauthorized"), SignedOut),
        (refuses(500, ""), UnexpectedReply),
        (Answer(drops=-1), Unreachable),
    ],
)
def test_a_401_that_may_be_either_is_settled_by_one_question(client, server, rights, error):
    """I am told to sign in again only if that helps; the server is asked once, however many things are refused."""
    server.on("GET", ITEM, EITHER)
    server.on("GET", RIGHTS, rights)
    for _ in range(3):
        with pytest.raises(error) as raised:
            client.fetch_item(TOOL, X)
        assert type(raised.value) is error
    if error in (NotAllowed, SignedOut):
        assert server.paths().count(RIGHTS) == 1


def test_several_items_are_read_together(client, server):
    """What is missing or forbidden is known for each; the rest is read all the same."""
    server.on("GET", ITEM, says(WIRE))
    server.on("GET", "/api/v1/tools/id/y", refuses(404, "We could not find what you're looking for :/"))
    server.on("GET", "/api/v1/tools/id/z", refuses(403, "no"))
    seen = []
    found = client.fetch_items(TOOL, [X, RemoteId("y"), RemoteId("z")], lambda: seen.append(1))
    assert list(found) == ["x", "y", "z"]
    assert [type(each) for each in found.values()] == [dict, Missing, NotAllowed]
    assert len(seen) == client.request_count == 3


@pytest.mark.parametrize("answer", [refuses(500, ""), refuses(401, "Not authenticated"), says({**WIRE, "id": "n"})])
def test_a_server_that_fails_midway_stops_the_reading(client, server, answer):
    """An outage is not taken for many missing resources."""
    server.on("GET", ITEM, says(WIRE))
    server.on("GET", "/api/v1/tools/id/y", answer)
    with pytest.raises(RemoteError, match="reading tool/y"):
        client.fetch_items(TOOL, [X, RemoteId("y")], lambda: None)


def test_groups_are_asked_for_once_and_only_where_mentioned(client, server):
    """Resources without groups cost no request more."""
    server.on("GET", GROUPS, says([{"id": "g1", "name": "Team", "user_ids": []}]))
    assert client.wire_context([WIRE]).groups.names == {}
    assert server.paths() == []
    mentioned = {"access_grants": [{"principal_type": "group", "principal_id": "g1"}]}
    for _ in range(2):
        assert client.wire_context([mentioned]).groups.names == {"g1": "Team"}
    assert client.wire_context([WIRE]).groups.names == {"g1": "Team"}
    assert server.paths() == [GROUPS]


def test_groups_that_are_not_for_me_are_written_by_id(client, server):
    """Without the right to see groups I still see that there is one."""
    server.on("GET", GROUPS, refuses(403, "no"))
    assert client.wire_context(needs_groups=True).groups.name_of("g1") == "id:g1"


@pytest.mark.parametrize(
    "answer",
    [says(None), says({}), says([1]), says([{"id": "g"}]), says([{"id": "g", "name": None}]), refuses(500, "")],
)
def test_groups_of_a_strange_form_are_an_error(client, server, answer):
    """Rights are not written by half a list of groups."""
    server.on("GET", GROUPS, answer)
    with pytest.raises(UnexpectedReply):
        client.wire_context(needs_groups=True)


def test_what_is_known_as_it_is_is_let_go(client, server):
    """A listed object that the caller knows is named and not held; nothing of the others is lost."""
    server.on("GET", EXPORT, says([WIRE, {**WIRE, "id": "y"}, {**WIRE, "id": "y"}]))
    listed = client.fetch_listing(TOOL, is_unmoved=lambda wire: wire["id"] == "x")
    assert ([wire["id"] for wire in listed.wires], listed.unmoved) == (["y"], ("x",))
    assert (listed.has_bodies, listed.is_complete) == (True, True)
    assert [wire["id"] for wire in client.fetch_listing(TOOL).wires] == ["x", "y"], "the next listing has it again"


def test_a_listing_of_two_kinds_is_fetched_once_though_some_is_let_go(client, server):
    """Agents and models come in one answer: letting go of an agent takes no model away."""
    agent, model = {"id": "g", "base_model_id": "b"}, {"id": "m", "base_model_id": None}
    server.on("GET", "/api/v1/models/all", says([{**each, "meta": {}, "params": {}} for each in (agent, model)]))
    agents = client.fetch_listing(kind_named("agent")[0], is_unmoved=lambda _wire: True)
    models = client.fetch_listing(kind_named("model")[0], is_unmoved=lambda _wire: False)
    assert (agents.unmoved, agents.wires, [wire["id"] for wire in models.wires]) == (("g",), (), ["m"])
    assert client.request_count == 1
