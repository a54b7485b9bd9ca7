"""Knowledge bases and files, as the tests of the contract make and read them."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.stage import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.contract.stage import Server

Json = Any

BASES = "/api/v1/knowledge"
FILES = "/api/v1/files"
TRIES = 2000


def unique(text: str = "text") -> str:
    """Return a text that no other test uses."""
    return f"{text} {uuid.uuid4().hex}"


def sha256(content: bytes | str) -> str:
    """Return the digest by which the servers know bytes and texts."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def base_form(**more: Json) -> dict[str, Json]:
    """Return the form that create and update take; on 0.6 a form without access makes a base public."""
    return {"name": "A base", "description": "What it holds", **more}


def create_base(client: httpx.Client, **more: Json) -> dict[str, Json]:
    """Create a base and return the server's answer."""
    created: dict[str, Json] = read_json(client.post(f"{BASES}/create", json=base_form(**more)))
    return created


def send_file(
    client: httpx.Client,
    name: str = "note.txt",
    content: bytes | str | None = None,
    *,
    content_type: str | None = "text/plain",
    metadata: Json = None,
    **query: str,
) -> httpx.Response:
    """Upload a file and wait in the same request until the server has processed it."""
    bytes_ = unique().encode() if content is None else content.encode() if isinstance(content, str) else content
    part = (name, bytes_, content_type) if content_type else (name, bytes_)
    form = {} if metadata is None else {"metadata": metadata if isinstance(metadata, str) else json.dumps(metadata)}
    return client.post(f"{FILES}/", files={"file": part}, data=form, params={"process_in_background": "false", **query})


def upload(client: httpx.Client, name: str = "note.txt", content: bytes | str | None = None, **more: Json) -> str:
    """Upload a file and return its id."""
    id_: str = read_json(send_file(client, name, content, **more))["id"]
    return id_


def read_file(client: httpx.Client, file_id: str) -> dict[str, Json]:
    """Return what the server knows of a file."""
    found: dict[str, Json] = read_json(client.get(f"{FILES}/{file_id}"))
    return found


def add(client: httpx.Client, base_id: str, file_id: str, **more: Json) -> httpx.Response:
    """Ask for a file to be put into a base."""
    return client.post(f"{BASES}/{base_id}/file/add", json={"file_id": file_id, **more})


def remove(client: httpx.Client, base_id: str, file_id: str, **query: str) -> httpx.Response:
    """Ask for a file to be taken out of a base."""
    return client.post(f"{BASES}/{base_id}/file/remove", json={"file_id": file_id}, params=query)


def fill(client: httpx.Client, base_id: str, name: str = "note.txt", content: bytes | str | None = None) -> str:
    """Upload a file into a base and return its id."""
    file_id = upload(client, name, content)
    read_json(add(client, base_id, file_id))
    return file_id


def page(client: httpx.Client, base_id: str, **query: Json) -> dict[str, Json]:
    """Return one page of a base's files."""
    found: dict[str, Json] = read_json(client.get(f"{BASES}/{base_id}/files", params=query))
    return found


def file_ids(client: httpx.Client, base_id: str) -> list[str]:
    """Return the ids of a base's files, from one page."""
    return [item["id"] for item in page(client, base_id)["items"]]


def read_base(client: httpx.Client, base_id: str) -> dict[str, Json]:
    """Return a base as its own address shows it."""
    found: dict[str, Json] = read_json(client.get(f"{BASES}/{base_id}"))
    return found


def list_bases(client: httpx.Client) -> list[dict[str, Json]]:
    """Return every base that the listing shows, page by page."""
    rows: list[dict[str, Json]] = []
    for number in range(1, TRIES):
        found = read_json(client.get(f"{BASES}/", params={"page": number}))
        rows += found["items"]
        if not found["items"]:
            return rows
    raise AssertionError("the listing does not end")


@pytest.fixture(scope="module", autouse=True)
def no_bases_left(server: Server) -> Iterator[None]:
    """Take the bases of a module out at its end: whoever pulls all of a server later would read each of their files."""
    yield
    for row in list_bases(server.admin):
        server.admin.delete(f"{BASES}/{row['id']}/delete")


def wait_for_next_second(server: Server, after: int) -> None:
    """Return once the server's clock shows a later second; times are whole seconds."""
    for _ in range(TRIES):
        if create_base(server.admin, name="clock", **server.private())["updated_at"] > after:
            return
    raise AssertionError("the server's clock stands still")
