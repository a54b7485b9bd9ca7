"""Prompts as the tests send and address them: by their command on 0.6, by an id on 0.12."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.contract.stage import read_json

if TYPE_CHECKING:
    import httpx

    from tests.contract.stage import Server

Json = Any

PATH = "/api/v1/prompts"
KEY = {"0.6": "command", "0.12": "id"}
"""What tells one prompt from another in a listing."""
TRIES = 2000


def make_command() -> str:
    """Return a command that no other test uses, with the slash that 0.6 needs to find it again."""
    return f"/ct-{uuid.uuid4().hex[:12]}"


def form(server: Server, command: str, **more: Json) -> dict[str, Json]:
    """Return the form that create and update take; a name is called `title` on 0.6."""
    title = more.pop("name", "A name")
    name = {"title": title} if server.generation == "0.6" else {"name": title}
    return {"command": command, "content": "Say hello to {{name}}.", **name, **more}


def url(server: Server, prompt: dict[str, Json], rest: str = "") -> str:
    """Return the address of one prompt."""
    if server.generation == "0.6":
        return f"{PATH}/command/{quote(prompt['command'].removeprefix('/'), safe='')}{rest}"
    return f"{PATH}/id/{prompt['id']}{rest}"


def create(server: Server, client: httpx.Client | None = None, **more: Json) -> dict[str, Json]:
    """Create a prompt, by the administrator unless a client is given, and return the server's answer."""
    command = more.pop("command") if "command" in more else make_command()
    sent = form(server, command, **more)
    created: dict[str, Json] = read_json((client or server.admin).post(f"{PATH}/create", json=sent))
    return created


def update(server: Server, prompt: dict[str, Json], **more: Json) -> dict[str, Json]:
    """Save a prompt, by the administrator, and return the server's answer."""
    sent = form(server, more.pop("command", prompt["command"]), **more)
    updated: dict[str, Json] = read_json(server.admin.post(url(server, prompt, "/update"), json=sent))
    return updated


def read(server: Server, prompt: dict[str, Json]) -> dict[str, Json]:
    """Read one prompt as the administrator."""
    item: dict[str, Json] = read_json(server.admin.get(url(server, prompt)))
    return item


def listed(server: Server, client: httpx.Client, listing: str) -> dict[str, dict[str, Json]]:
    """Return all rows of a listing by the prompt's key, page after page where it has pages."""
    key = KEY[server.generation]
    if server.generation == "0.6" or listing == "/":
        return {row[key]: row for row in read_json(client.get(f"{PATH}{listing}"))}
    rows: dict[str, dict[str, Json]] = {}
    for number in range(1, 100):
        page = read_json(client.get(f"{PATH}{listing}", params={"page": number, "order_by": "created_at"}))
        rows |= {row[key]: row for row in page["items"]}
        if not page["items"]:
            break
    return rows


def wait_for_next_second(server: Server, prompt: dict[str, Json]) -> None:
    """Return once the server's clock shows a later second than the prompt's; times are whole seconds."""
    time = "timestamp" if server.generation == "0.6" else "updated_at"
    clock = create(server)
    for _ in range(TRIES):
        if update(server, clock)[time] > prompt[time]:
            return
    pytest.fail("the server's clock stands still")
