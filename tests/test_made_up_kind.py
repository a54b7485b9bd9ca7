"""Adding a kind is adding one file: a made-up one goes the whole road through the local server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGE = Path(__file__).parents[1] / "cochat_devkit"

ROW = '''
"""Snippets: a kind that no server has."""

from cochat_devkit.kinds.codecs import ACCESS, REST, SWITCH, TEXT
from cochat_devkit.kinds.kind import Endpoint, Endpoints, Field, FileForm, Kind, Listing, Rights, WrittenBy

_KEYS = ("id", "user_id", "name", "text", "meta", "pinned", "access_control", "updated_at", "created_at")
_AT = "/api/v1/snippets"

KIND = Kind(
    name="snippet",
    plural="snippets",
    summary="A text that one pastes",
    folders={"": "snippets"},
    fields=(
        Field("name", ("name",), TEXT, implied=lambda facts: facts.slug),
        Field("text", ("text",), TEXT, implied=lambda _facts: ""),
        Field("pinned", ("pinned",), SWITCH, implied=lambda _facts: False, written_by=WrittenBy.SWITCH),
        Field("access", ("access",), ACCESS, implied=lambda _facts: "private", written_by=WrittenBy.ACCESS),
        Field("meta", ("meta",), REST, implied=lambda _facts: {}),
    ),
    derived=("user_id", "updated_at", "created_at"),
    required=("id", "name", "text"),
    form=FileForm(source_field="text", suffix=".txt"),
    is_valid_slug=lambda slug: slug.replace("-", "").isalnum(),
    slug_rule="letters, digits and -",
    endpoints={
        "0.6": Endpoints(
            export=Listing(Endpoint("GET", f"{_AT}/export", _KEYS), True, Rights.READABLE, for_admins=True),
            listing=Listing(Endpoint("GET", f"{_AT}/", _KEYS), True, Rights.READABLE),
            item=Endpoint("GET", f"{_AT}/id/{{id}}", _KEYS),
            create=Endpoint("POST", f"{_AT}/create", _KEYS),
            update=Endpoint("POST", f"{_AT}/id/{{id}}/update", _KEYS),
            delete=Endpoint("DELETE", f"{_AT}/id/{{id}}/delete"),
            switches={"pinned": Endpoint("POST", f"{_AT}/id/{{id}}/pin", _KEYS)},
        ),
    },
)
'''


@pytest.fixture
def cochat(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Copy the package, drop the row into it, start its server, and give its command line in a workspace."""
    home = tmp_path / "lib"
    shutil.copytree(PACKAGE, home / "cochat_devkit", ignore=shutil.ignore_patterns("__pycache__"))
    (home / "cochat_devkit" / "kinds" / "snippet.py").write_text(ROW.lstrip(), encoding="utf-8")
    folder = tmp_path / "desk"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(home)}

    def run(*words: str, expected: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "cochat_devkit", *words, "--json"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    command = [sys.executable, "-m", "cochat_devkit", "serve", "--port", "0", "--empty", "--json"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    environment["COCHAT_TOKEN"] = ready["token"]
    run("init", "--url", ready["url"])
    yield run
    process.terminate()
    process.wait()
    process.stdout.close()


def test_made_up_kind_goes_the_whole_road(cochat: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """A kind that is one file is created, pulled, edited, pushed and deleted, with no other line written for it."""
    mine = tmp_path / "desk" / "snippets"
    (mine / "hello-world.txt").write_bytes(b"Hi,\r\nworld")
    created = cochat("push")
    assert [(each["ref"], each["action"]) for each in created["items"]] == [("snippet/hello-world", "create-there")]
    (mine / "hello-world.txt").unlink()
    (tmp_path / "desk" / "mirror.db").unlink()
    (tmp_path / "desk" / "cochat.lock").unlink()
    pulled = cochat("pull")
    assert pulled["counts"] == {"create-here": 1}
    assert (mine / "hello-world.txt").read_bytes() == b"Hi,\r\nworld"
    (mine / "hello-world.txt").write_bytes(b"Hi,\r\nyou")
    (mine / "hello-world.yaml").write_text("name: Greeting\npinned: true\naccess: public\n")
    assert cochat("status")["items"][0]["reason"] == "edited here"
    pushed = cochat("push")
    assert pushed["counts"] == {"update-there": 1}
    assert cochat("pull")["counts"] == {"nothing": 1}
    shown = cochat("show", "snippet/hello-world")
    assert (shown["name"], shown["state"]) == ("Greeting", "in step")
    (mine / "hello-world.txt").unlink()
    (mine / "hello-world.yaml").unlink()
    assert cochat("push", "--delete", expected=3)["error"]["type"] == "UnsafePlan"
    deleted = cochat("push", "--delete", "--confirm-deletes", "1")
    assert deleted["counts"] == {"delete-there": 1}
    assert cochat("pull")["items"] == []
