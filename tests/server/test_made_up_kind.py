"""A kind that is only a row gets every address that its row names: no code knows a kind by name."""

from __future__ import annotations

import pytest

from cochat_devkit.kinds.codecs import ACCESS, PLAIN, SOURCE, SWITCH, TEXT
from cochat_devkit.kinds.kind import (
    Endpoint,
    Endpoints,
    Field,
    Kind,
    Listing,
    Rights,
    WrittenBy,
)
from tests.server.fakes import read, staged, told

NOT_FOUND = "We could not find what you're looking for :/"
FORM = {"id": "hello", "title": "Hello", "content": "from utils import greet\n", "tags": ["a"]}
BASE = ("id", "user_id", "title", "content", "tags", "is_active", "updated_at", "created_at")


def make_endpoints(*, more: tuple[str, ...], has_access: bool, has_history: bool = False) -> Endpoints:
    path, keys = "/api/v1/snippets", (*BASE, *more)
    return Endpoints(
        export=Listing(
            Endpoint("GET", f"{path}/export", keys), has_bodies=True, rights=Rights.READABLE, for_admins=True
        ),
        listing=Listing(
            Endpoint("GET", f"{path}/", (*keys, "user"), nulls=("content",)), has_bodies=False, rights=Rights.READABLE
        ),
        item=Endpoint("GET", f"{path}/id/{{id}}", keys),
        create=Endpoint("POST", f"{path}/create", keys),
        update=Endpoint("POST", f"{path}/id/{{id}}/update", keys),
        delete=Endpoint("DELETE", f"{path}/id/{{id}}/delete"),
        switches={"active": Endpoint("POST", f"{path}/id/{{id}}/toggle", keys)},
        access=Endpoint("POST", f"{path}/id/{{id}}/access/update", keys) if has_access else None,
        history=Endpoint("GET", f"{path}/id/{{id}}/history") if has_history else None,
    )


SNIPPET = Kind(
    name="snippet",
    plural="snippets",
    summary="A text to be pasted",
    folders={"": "snippets"},
    fields=(
        Field("title", ("title",), TEXT, implied=lambda facts: facts.slug),
        Field("content", ("content",), SOURCE, implied=lambda _facts: ""),
        Field("tags", ("tags",), PLAIN, implied=lambda _facts: []),
        Field("active", ("is_active",), SWITCH, implied=lambda _facts: False, written_by=WrittenBy.SWITCH),
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
    ),
    derived=("user_id", "updated_at", "created_at", "version_id"),
    required=("id", "title", "content"),
    endpoints={
        "0.12": make_endpoints(more=("version_id", "access_grants"), has_access=True, has_history=True),
        "0.6": make_endpoints(more=("access_control",), has_access=False),
    },
)

ONLY_0_12 = SNIPPET._replace(endpoints={"0.12": SNIPPET.endpoints["0.12"]})


@pytest.fixture(params=["cochat", "owui-0.12", "owui-0.6"])
def stage(request):
    with staged(request.param, kinds=[SNIPPET]) as found:
        yield found


def test_it_is_made_read_listed_changed_and_deleted(stage):
    """The whole life of a resource, without a line of code for its kind."""
    made = read(stage.admin.post("/api/v1/snippets/create", json=FORM))
    assert {key: made[key] for key in FORM} == FORM
    assert made["is_active"] is False
    assert read(stage.admin.get("/api/v1/snippets/id/hello")) == made
    assert read(stage.admin.get("/api/v1/snippets/export")) == [made]
    (listed,) = read(stage.admin.get("/api/v1/snippets/"))
    assert listed["content"] is None
    assert listed["user"]["name"] == "admin"

    stage.clock.now += 5
    changed = read(stage.admin.post("/api/v1/snippets/id/hello/update", json={**FORM, "title": "Hi", "tags": None}))
    assert (changed["title"], changed["tags"]) == ("Hi", None)
    assert changed["updated_at"] == made["updated_at"] + 5
    assert changed["created_at"] == made["created_at"]

    assert read(stage.admin.delete("/api/v1/snippets/id/hello/delete")) is True
    assert read(stage.admin.get("/api/v1/snippets/")) == []


def test_a_kind_without_plugins_is_never_loaded(stage):
    """Its source is kept to the letter, and has no valves."""
    read(stage.admin.post("/api/v1/snippets/create", json=FORM))
    assert stage.loader.requests == []
    assert read(stage.admin.get("/api/v1/snippets/id/hello"))["content"] == FORM["content"]
    answer = stage.admin.get("/api/v1/snippets/id/hello/valves")
    assert answer.headers["content-type"].startswith("text/html")


def test_its_switch_flips(stage):
    """A switch of the row has its address; asked twice, nothing has changed."""
    read(stage.admin.post("/api/v1/snippets/create", json=FORM))
    assert read(stage.admin.post("/api/v1/snippets/id/hello/toggle"))["is_active"] is True
    assert read(stage.admin.post("/api/v1/snippets/id/hello/toggle"))["is_active"] is False
    assert told(stage.admin.post("/api/v1/snippets/id/nope/toggle"))[1] == NOT_FOUND


def test_its_form_is_checked_by_the_row(stage):
    """What the row requires is required, with the sentences of FastAPI; an id is an id."""
    answer = stage.admin.post("/api/v1/snippets/create", json={"id": "x", "content": 3})
    assert answer.status_code == 422
    found = {(each["type"], *each["loc"]) for each in answer.json()["detail"]}
    assert found == {("missing", "body", "title"), ("string_type", "body", "content")}
    assert told(stage.admin.post("/api/v1/snippets/create", json={**FORM, "id": "no id"}))[0] == 400
    read(stage.admin.post("/api/v1/snippets/create", json=FORM))
    assert told(stage.admin.post("/api/v1/snippets/create", json=FORM))[0] == 400


def test_its_access_follows_the_dialect(stage):
    """Private for an ordinary user until shared: by the endpoint on 0.12, by the save on 0.6."""
    private = {"access_control": {}, "access_grants": []}
    read(stage.admin.post("/api/v1/snippets/create", json={**FORM, **private}))
    assert read(stage.user.get("/api/v1/snippets/")) == []
    assert told(stage.user.post("/api/v1/snippets/id/hello/update", json=FORM)) == (401, "401 Unauthorized")
    everybody = [{"principal_type": "user", "principal_id": "*", "permission": "read"}]
    if stage.context.dialect.access == "grants":
        path = "/api/v1/snippets/id/hello/access/update"
        (grant,) = read(stage.admin.post(path, json={"access_grants": everybody}))["access_grants"]
        assert grant["resource_type"] == "snippet"
    else:
        read(stage.admin.post("/api/v1/snippets/id/hello/update", json=FORM))
    assert [each["id"] for each in read(stage.user.get("/api/v1/snippets/"))] == ["hello"]


def test_it_has_versions_where_the_dialect_has():
    """A changed title makes a version; a switch and an identical save make none; the way back is open."""
    with staged("owui-0.12", kinds=[SNIPPET]) as stage:
        first = read(stage.admin.post("/api/v1/snippets/create", json=FORM))["version_id"]
        read(stage.admin.post("/api/v1/snippets/id/hello/update", json=FORM))
        read(stage.admin.post("/api/v1/snippets/id/hello/toggle"))
        second = read(stage.admin.post("/api/v1/snippets/id/hello/update", json={**FORM, "title": "Hi"}))["version_id"]
        rows = read(stage.admin.get("/api/v1/snippets/id/hello/history"))
        assert {(row["id"], row["parent_id"], row["snippet_id"]) for row in rows} == {
            (first, None, "hello"), (second, first, "hello"),
        }  # fmt: skip
        back = read(stage.admin.post("/api/v1/snippets/id/hello/update/version", json={"version_id": first}))
        assert (back["title"], back["version_id"]) == ("Hello", first)


def test_a_kind_that_a_dialect_lacks_has_no_addresses():
    """Where there is no row for the dialect, the page for unknown addresses answers."""
    with staged("owui-0.6", kinds=[ONLY_0_12]) as stage:
        assert stage.collections == {}
        assert stage.admin.get("/api/v1/snippets/").headers["content-type"].startswith("text/html")
        assert told(stage.admin.post("/api/v1/snippets/create", json=FORM)) == (405, "Method Not Allowed")
