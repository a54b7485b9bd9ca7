"""What the local server alone promises of workspace models."""

from __future__ import annotations

import pytest

from tests.server.fakes import read, staged, told


@pytest.fixture(scope="module", params=["cochat", "owui-0.6", "owui-0.12"])
def stage(request):
    with staged(request.param) as found:
        yield found


@pytest.fixture
def model_id(stage):
    form = {"id": "a/model", "name": "A", "base_model_id": "b", "meta": {}, "params": {}}
    yield read(stage.admin.post("/api/v1/models/create", json=form))["id"]
    read(stage.admin.post("/api/v1/models/model/delete", json={"id": "a/model"}))


def test_what_deletes_unnamed_models_is_not_there(stage, model_id):
    """A client that mirrors by force is told at once, and nothing is lost."""
    for method, path in (("POST", "sync"), ("DELETE", "delete/all")):
        answer = stage.admin.request(method, f"/api/v1/models/{path}", json={"models": []})
        assert told(answer) == (405, "Method Not Allowed")
    assert read(stage.admin.get("/api/v1/models/model", params={"id": model_id}))["id"] == model_id


@pytest.mark.parametrize(
    "picture", ["data:image/png;base64,ä", "data:image/png;base64,=A", "data:image/png", "https://h/ü\r\nX: y"]
)
def test_a_picture_that_makes_no_sense_breaks_nothing(stage, model_id, picture):
    """Whatever stands where a picture should, the address answers, and no header is slipped in."""
    form = {"id": model_id, "name": "A", "base_model_id": "b", "meta": {"profile_image_url": picture}, "params": {}}
    read(stage.admin.post("/api/v1/models/model/update", json=form))
    answer = stage.admin.get("/api/v1/models/model/profile/image", params={"id": model_id})
    assert answer.status_code in (200, 302)
    assert "x" not in answer.headers


def test_agents_that_are_each_others_base_are_listed_once(stage):
    """A ring of agents has no end to find, and each stands in the list all the same."""
    pipe = {"id": "a_pipe", "name": "A", "content": "class Pipe:\n    pass\n", "meta": {"description": "d"}}
    read(stage.admin.post("/api/v1/functions/create", json=pipe))
    read(stage.admin.post("/api/v1/functions/id/a_pipe/toggle"))
    for id_, base in (("x", "y"), ("y", "x")):
        form = {"id": id_, "name": id_, "base_model_id": base, "meta": {}, "params": {}}
        read(stage.admin.post("/api/v1/models/create", json=form))
    listed = [row["id"] for row in read(stage.admin.get("/api/models"))["data"]]
    assert sorted(each for each in listed if each != "arena-model") == ["a_pipe", "x", "y"]
