"""Workspace models as the tests send and address them: an id stands in the query or in the body, never in a path."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.contract.stage import FUNCTIONS, create_plugin, make_id, read_json

if TYPE_CHECKING:
    import httpx

    from tests.contract.stage import Server

Json = Any

PATH = "/api/v1/models"
BASE = "some-base"
PIPE = """class Pipe:
    def pipes(self):
        return [{"id": "first", "name": "First"}, {"id": "maker/second", "name": "Second"}]

    def pipe(self, body):
        return "said"
"""
PICTURE = "data:image/png;base64,iVBORw0KGgo="
PICTURE_BYTES = b"\x89PNG\r\n\x1a\n"


def make_model_id() -> str:
    """Return a model id that no other test uses, with the characters that keep ids out of paths."""
    return f"ct/{uuid.uuid4().hex[:12]}:latest"


def form(model_id: str, **more: Json) -> dict[str, Json]:
    """Return the form that create and update take: an agent, whose base model no server has."""
    return {"id": model_id, "name": "A name", "base_model_id": BASE, "meta": {}, "params": {}, **more}


def create(server: Server, client: httpx.Client | None = None, **more: Json) -> dict[str, Json]:
    """Create a model, by the administrator unless a client is given, and return the server's answer."""
    sent = form(more.pop("id") if "id" in more else make_model_id(), **more)
    created: dict[str, Json] = read_json((client or server.admin).post(f"{PATH}/create", json=sent))
    return created


def update(server: Server, model_id: str, **more: Json) -> dict[str, Json]:
    """Save a model, by the administrator, and return the server's answer."""
    updated: dict[str, Json] = read_json(server.admin.post(f"{PATH}/model/update", json=form(model_id, **more)))
    return updated


def get(client: httpx.Client, model_id: str, rest: str = "", **query: Json) -> httpx.Response:
    """Ask for one model, or for something of it."""
    return client.get(f"{PATH}/model{rest}", params={"id": model_id, **query})


def read(server: Server, model_id: str) -> dict[str, Json]:
    """Read one model as the administrator."""
    item: dict[str, Json] = read_json(get(server.admin, model_id))
    return item


def toggle(client: httpx.Client, model_id: str) -> httpx.Response:
    """Switch a model."""
    return client.post(f"{PATH}/model/toggle", params={"id": model_id})


def delete(client: httpx.Client, model_id: str) -> httpx.Response:
    """Delete a model."""
    return client.post(f"{PATH}/model/delete", json={"id": model_id})


def listed(client: httpx.Client, **query: Json) -> dict[str, dict[str, Json]]:
    """Return all rows of the paged list by id."""
    rows: dict[str, dict[str, Json]] = {}
    for number in range(1, 100):
        page = read_json(client.get(f"{PATH}/list", params={"page": number, "order_by": "created_at", **query}))
        rows |= {row["id"]: row for row in page["items"]}
        if not page["items"]:
            break
    return rows


def exported(client: httpx.Client) -> dict[str, dict[str, Json]]:
    """Return all rows of the export by id."""
    return {row["id"]: row for row in read_json(client.get(f"{PATH}/export"))}


def catalogue(client: httpx.Client, **query: Json) -> dict[str, dict[str, Json]]:
    """Return the models that can be chatted with, by id."""
    return {row["id"]: row for row in read_json(client.get("/api/models", params=query))["data"]}


def make_pipe(server: Server) -> str:
    """Create a pipe of two models, switch it on, and return its id."""
    pipe_id: str = create_plugin(server.admin, FUNCTIONS, make_id(), PIPE)["id"]
    read_json(server.admin.post(FUNCTIONS.url(pipe_id, "/toggle")))
    return pipe_id
