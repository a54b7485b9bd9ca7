"""What the tests of skills stand on: where they live on a server of 0.12, and the smallest one."""

from __future__ import annotations

import io
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

from tests.contract.stage import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

Json = Any

PATH = "/api/v1/skills"
SHORT_FIELDS = {
    "version_id", "id", "user_id", "name", "description", "meta", "is_active", "access_grants", "updated_at",
    "created_at",
}  # fmt: skip
WHOLE_FIELDS = SHORT_FIELDS | {"content", "data"}
PACKAGE_FIELDS = {"id", "name", "description", "meta", "files", "is_active"}
CREATE_FAILED = (400, "[ERROR: Error creating skill]")
UPDATE_FAILED = (400, "[ERROR: Error updating skill]")
NAME_TAKEN = (409, "A skill with this name already exists")
MISSING = (404, "Skill not found")
VERSION_MISSING = (404, "Skill version not found")
DENIED = (403, "Access denied")
TEXT = "---\nname: a-name\ndescription: What it is for\n---\nDo it well.\r\n trailing  \n"
BINARY = {"path": "assets/dot.bin", "content": "AAH/", "encoding": "base64"}


def make_skill_id() -> str:
    """Return an id that no other test uses."""
    return f"ct-{uuid.uuid4().hex[:12]}"


def form(skill_id: str, **more: Json) -> dict[str, Json]:
    """Return the form that create and update take; names are as unique as ids."""
    return {"id": skill_id, "name": f"Skill {skill_id}", **more}


def url(skill_id: str, rest: str = "") -> str:
    return f"{PATH}/id/{skill_id}{rest}"


def main(content: str = TEXT) -> dict[str, str]:
    """Return the file that every skill has."""
    return {"path": "SKILL.md", "content": content}


def create(client: httpx.Client, skill_id: str | None = None, **more: Json) -> dict[str, Json]:
    """Create a skill under a fresh id unless one is given, and return the server's answer."""
    created: dict[str, Json] = read_json(
        client.post(f"{PATH}/create", json=form(skill_id or make_skill_id(), **{"content": TEXT, **more}))
    )
    return created


def update(client: httpx.Client, skill_id: str, **more: Json) -> httpx.Response:
    """Send an update that keeps the name."""
    return client.post(url(skill_id, "/update"), json=form(skill_id, **more))


def read(client: httpx.Client, skill_id: str) -> dict[str, Json]:
    found: dict[str, Json] = read_json(client.get(url(skill_id)))
    return found


def read_files(client: httpx.Client, skill_id: str, **query: str) -> list[dict[str, Json]]:
    """Return the files of a skill, contents included."""
    package = read_json(client.get(f"{PATH}/export", params={"ids": skill_id, **query}))
    files: list[dict[str, Json]] = package["files"]
    return files


def make_zip(entries: Mapping[str, bytes | str]) -> bytes:
    """Return an archive of these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for path, content in entries.items():
            opened.writestr(path, content)
    return archive.getvalue()
