"""The application as its callers use it: what it keeps, what it shows to whom, and how it can be prepared."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from starlette.responses import Response

from cochat_devkit.errors import UsageError
from cochat_devkit.kinds.dialects import DIALECTS, dialect_named
from cochat_devkit.operations.serve import running_server
from cochat_devkit.server.app import make_app, make_collections, make_context
from cochat_devkit.server.running import listening
from cochat_devkit.server.settings import Settings
from cochat_devkit.server.store import Store
from cochat_devkit.server.tool_servers import CONNECTIONS, connection
from tests.server.fakes import FILTER, TOOL, FakeLoader, read, staged, told

VALVES_TOOL = TOOL + "    class Valves:\n        count = 1\n"


@contextmanager
def restarted(store):
    """Serve a store that was filled before; nobody is added to it."""
    context = make_context(dialect_named("owui-0.12"), FakeLoader(), store)
    app = make_app(context, make_collections(context))
    with (
        listening(app, host="127.0.0.1", port=0) as listener,
        httpx.Client(base_url=listener.url, trust_env=False) as client,
    ):
        yield client


def form(id_="t", source=TOOL, **more):
    return {"id": id_, "name": "A name", "content": source, "meta": {"description": "d"}, **more}


@pytest.fixture(params=list(DIALECTS))
def stage(request):
    with staged(request.param) as found:
        yield found


def test_resources_survive_a_restart(tmp_path):
    """With a file everything is there again: resources, versions, valves, accounts, tokens, settings, groups."""
    path = tmp_path / "server.db"
    store = Store(path)
    with staged("owui-0.12", store=store) as stage:
        first = read(stage.admin.post("/api/v1/tools/create", json=form(source=VALVES_TOOL)))
        read(stage.admin.post("/api/v1/tools/id/t/update", json=form(source=VALVES_TOOL + "#\n")))
        read(stage.admin.post("/api/v1/tools/id/t/valves/update", json={"count": 3}))
        read(stage.admin.post("/api/v1/functions/create", json=form("f", FILTER)))
        read(stage.admin.post("/api/v1/functions/id/f/toggle"))
        group = read(stage.admin.post("/api/v1/groups/create", json={"name": "G", "description": ""}))
        members = {"user_ids": [stage.context.people.users()[1].id]}
        read(stage.admin.post(f"/api/v1/groups/id/{group['id']}/users/add", json=members))
        before = read(stage.admin.get("/api/v1/tools/id/t"))
        headers = dict(stage.admin.headers)
    store.close()

    store = Store(path)
    context = make_context(dialect_named("owui-0.12"), FakeLoader(), store)
    assert [user.name for user in context.people.users()] == ["admin", "user"]
    assert [group.name for group in context.groups.of_member(context.people.users()[1].id)] == ["G"]
    store.close()

    store = Store(path)
    with restarted(store) as client:
        client.headers.update(headers)
        assert read(client.get("/api/v1/tools/id/t")) == before
        assert read(client.get("/api/v1/tools/id/t/valves")) == {"count": 3}
        assert read(client.get("/api/v1/tools/id/t/valves/spec")) is not None
        assert first["version_id"] in {row["id"] for row in read(client.get("/api/v1/tools/id/t/history"))}
        assert read(client.get("/api/v1/functions/id/f"))["is_active"] is True
    store.close()


def test_a_file_of_another_flavor_is_refused(tmp_path):
    """What was stored in one generation's words makes no sense in another's."""
    store = Store(tmp_path / "server.db")
    make_context(dialect_named("owui-0.12"), FakeLoader(), store)
    with pytest.raises(UsageError, match=r"filled as owui-0\.12, not as cochat") as caught:
        make_context(dialect_named("cochat"), FakeLoader(), store)
    assert "--flavor owui-0.12" in str(caught.value.hint)
    store.close()


def test_of_two_who_create_the_same_one_succeeds(stage):
    """Many writers at once leave one resource, and all but one are told that it exists."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: stage.admin.post("/api/v1/tools/create", json=form()), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]
    assert len(read(stage.admin.get("/api/v1/tools/export"))) == 1


def test_writers_at_once_lose_no_version():
    """Each of many updates makes its version, and their line of descent has no fork."""
    with staged("owui-0.12") as stage:
        read(stage.admin.post("/api/v1/tools/create", json=form()))

        def update(number):
            return read(stage.admin.post("/api/v1/tools/id/t/update", json=form(source=f"{TOOL}# {number}\n")))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(update, range(12)))
        rows = read(stage.admin.get("/api/v1/tools/id/t/history"))
        assert len({row["id"] for row in rows}) == 13
        assert len({row["parent_id"] for row in rows}) == 13


def test_a_listing_shows_what_is_true_now(stage):
    """Answers that were written out before are written anew when the resource or its owner changes."""
    read(stage.admin.post("/api/v1/tools/create", json=form()))
    assert read(stage.admin.get("/api/v1/tools/list"))[0]["user"]["name"] == "admin"
    admin = stage.context.people.users()[0]
    stage.context.people.change(admin.id, name="Renamed")
    assert read(stage.admin.get("/api/v1/tools/list"))[0]["user"]["name"] == "Renamed"
    read(stage.admin.post("/api/v1/tools/id/t/update", json=form(source=TOOL + "# new\n")))
    assert read(stage.admin.get("/api/v1/tools/export"))[0]["content"].endswith("# new\n")


def test_external_tools_are_listed_and_nowhere_else(stage):
    """Tools of MCP servers have no source: they stand in the listing, changed at every moment."""
    Settings(stage.context).put({CONNECTIONS: [connection("x", "X", "d")]})
    (listed,) = read(stage.user.get("/api/v1/tools/"))
    assert (listed["id"], listed["user_id"], listed["updated_at"]) == ("server:mcp:x", "server:mcp:x", stage.clock.now)
    assert "content" not in listed
    assert "specs" not in listed
    assert read(stage.admin.get("/api/v1/tools/list")) == []
    assert read(stage.admin.get("/api/v1/tools/export")) == []
    assert read(stage.admin.get("/api/v1/functions/")) == []


def test_an_administrator_loses_their_rights_at_once(stage):
    """A role that was taken away counts for the very next request, with the same token."""
    person = stage.context.people.add(name="second", email="second@localhost", password="word", role="admin")
    token, _ = stage.context.people.make_session(person)
    headers = {"Authorization": f"Bearer {token}"}
    assert stage.user.get("/api/v1/tools/export", headers=headers).status_code == 200
    demoted = {"role": "user", "name": "second", "email": "second@localhost", "profile_image_url": "/user.png"}
    assert read(stage.admin.post(f"/api/v1/users/{person.id}/update", json=demoted))["role"] == "user"
    assert told(stage.user.get("/api/v1/tools/export", headers=headers)) == (401, "401 Unauthorized")


def test_the_first_administrator_stays_one(stage):
    """Nobody demotes the first account: then nobody could put it right again."""
    first, _ = stage.context.people.users()
    asked = {"role": "user", "name": "x", "email": first.email, "profile_image_url": ""}
    answer = stage.admin.post(f"/api/v1/users/{first.id}/update", json=asked)
    assert answer.status_code == {"0.6": 500, "0.12": 403}[stage.context.dialect.generation]
    assert read(stage.admin.get("/api/v1/auths/"))["role"] == "admin"


def test_a_group_gives_its_members_permissions(stage):
    """A permission of a group counts beside those of all ordinary users."""
    assert told(stage.user.post("/api/v1/tools/create", json=form())) == (401, "401 Unauthorized")
    permissions = {"workspace": {"tools": True}}
    asked = {"name": "Makers", "description": "", "permissions": permissions}
    group = read(stage.admin.post("/api/v1/groups/create", json=asked))
    members = {"user_ids": [stage.context.people.users()[1].id]}
    path = f"/api/v1/groups/id/{group['id']}/users"
    assert read(stage.admin.post(f"{path}/add", json=members))["member_count"] == 1
    assert read(stage.user.get("/api/v1/users/permissions"))["workspace"]["tools"] is True
    read(stage.user.post("/api/v1/tools/create", json=form()))
    assert read(stage.admin.post(f"{path}/remove", json=members))["member_count"] == 0
    assert told(stage.user.post("/api/v1/tools/create", json=form("u"))) == (401, "401 Unauthorized")


def test_a_token_ends_after_four_weeks(stage):
    """An old token is no credential any more."""
    read(stage.user.get("/api/v1/auths/"))
    stage.clock.now += 28 * 24 * 3600 + 1
    assert told(stage.user.get("/api/v1/auths/")) == (401, "401 Unauthorized")


def test_the_cookie_signs_in_too(stage):
    """A browser keeps the token in a cookie: a client that keeps cookies is signed in by an old one."""
    with httpx.Client(base_url=stage.url, trust_env=False) as client:
        asked = {"email": "user@localhost", "password": "secret word"}
        read(client.post("/api/v1/auths/signin", json=asked))
        assert read(client.get("/api/v1/auths/"))["name"] == "user"


def test_middleware_may_be_added_before_it_runs():
    """A test puts faults in front of the application without touching it."""

    def refuse_everything(app):
        @app.middleware("http")
        async def refuse(_request, _pass_on):
            return Response("too many", status_code=429, headers={"Retry-After": "1"})

    with running_server(loader=FakeLoader(), prepare=refuse_everything) as running:
        answer = httpx.get(f"{running.url}/health", trust_env=False)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_half_a_character_is_refused_and_harms_nobody(stage):
    """JSON can name what no database takes: it is refused, and what there was is listed as before."""
    read(stage.admin.post("/api/v1/tools/create", json=form(source=VALVES_TOOL)))
    headers = {"Content-Type": "application/json"}
    half = b'{"id": "s", "name": "\\ud800", "content": "class Tools: pass", "meta": {}}'
    for path in ("create", "id/t/update"):
        assert stage.admin.post(f"/api/v1/tools/{path}", content=half, headers=headers).status_code == 400
    half = b'{"count": "\\ud800"}'
    assert stage.admin.post("/api/v1/tools/id/t/valves/update", content=half, headers=headers).status_code == 400
    assert [each["name"] for each in read(stage.admin.get("/api/v1/tools/export"))] == ["A name"]
    assert read(stage.admin.get("/api/v1/tools/id/t/valves")) == {}
