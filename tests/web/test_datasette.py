"""The mirror in datasette: every table and question answers, texts are texts, and nothing can be written."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.serve import running_server
from cochat_devkit.web.datasette_command import datasette_command
from tests.desk import Desk, make_desk
from tests.web.mirrored import Mirrored

if TYPE_CHECKING:
    from collections.abc import Iterator

METADATA = Path(__file__).parents[2] / "cochat_devkit" / "web" / "datasette" / "metadata.json"
VIEWS = ("resources", "versions", "uses", "runs", "conflicts")
#: what a question of ours asks for, and how many rows it must have in the sample catalogue
QUESTIONS = {
    "changed_last_week": ({}, 50),
    "names": ({}, 50),
    "text_of": ({"ref": "tool/web_search"}, 1),
    "containing": ({"text": "web"}, 2),
    "who_uses": ({"ref": "tool/web_search"}, 1),
    "most_used": ({}, 2),
    "most_changed": ({}, 50),
    "not_in_step": ({}, 1),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A workspace that was pulled from the sample catalogue, after which something changed there."""
    with running_server(flavor="cochat", empty=False) as server:
        desk = make_desk(tmp_path_factory.mktemp("desk"), server.url, server.token)
        desk.cochat("pull")
        with httpx.Client(
            base_url=f"{server.url}/api/v1/prompts", headers={"Authorization": f"Bearer {server.token}"}
        ) as browser:
            prompt = browser.get("/").json()[0]
            changed = {**prompt, "title": "Changed there", "name": "Changed there"}
            browser.post(f"/command/{prompt['command'].strip('/')}/update", json=changed).raise_for_status()
        desk.cochat("status", "--fetch")
    return desk


@pytest.fixture(scope="module")
def client(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Datasette as the command that we print starts it, and a browser that followed its link."""
    words = datasette_command(read_config(desk.folder))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("datasette") / "log"
    with log.open("wb") as told:
        command = [sys.executable, "-m", *words, "--port", str(port)]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONUNBUFFERED": "1"}
        running = subprocess.Popen(command, cwd=desk.folder, stdout=told, stderr=told, env=environment)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_for(client)
            link = log.read_text(encoding="utf-8").split()[0]
            assert link.startswith(f"http://127.0.0.1:{port}/-/auth-token?token="), log.read_text(encoding="utf-8")
            assert client.get(link).status_code == 302
            yield client
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=30)


def _wait_for(client: httpx.Client) -> None:
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        try:
            client.get("/-/versions.json")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("datasette does not answer")


def rows(client: httpx.Client, path: str, **params: str) -> list[dict[str, Any]]:
    answer = client.get(path, params={"_shape": "array", **params})
    assert answer.status_code == 200, (path, answer.text[:500])
    found: list[dict[str, Any]] = answer.json()
    return found


def test_every_question_of_ours_is_asked() -> None:
    """Each question that the metadata offers is tried below, and each view is told of."""
    known = json.loads(METADATA.read_text(encoding="utf-8"))["databases"]["mirror"]
    assert set(known["queries"]) == set(QUESTIONS)
    shown = {name for name, table in known["tables"].items() if not table.get("hidden")}
    assert shown == set(VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_every_table_has_a_page(client: httpx.Client, name: str) -> None:
    """I open a table: columns are explained, and there are rows where the catalogue has any."""
    answer = client.get(f"/mirror/{name}")
    assert answer.status_code == 200, answer.text[:500]
    known = json.loads(METADATA.read_text(encoding="utf-8"))["databases"]["mirror"]["tables"][name]
    listed = rows(client, "/mirror.json", sql=f"select name from pragma_table_info('{name}')")
    columns = {column["name"] for column in listed}
    assert set(known.get("columns", ())) <= columns
    assert {*known.get("facets", ()), known.get("sort") or known["sort_desc"]} <= columns
    found = rows(client, f"/mirror/{name}.json")
    assert bool(found) == (name != "conflicts")


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_an_answer(client: httpx.Client, name: str) -> None:
    """The questions to begin with say something of the sample catalogue, as pages and as JSON."""
    params, least = QUESTIONS[name]
    assert client.get(f"/mirror/{name}", params=params).status_code == 200
    found = rows(client, f"/mirror/{name}.json", **params)
    assert len(found) >= least, found
    assert all(any(value is not None for value in row.values()) for row in found)


def test_texts_are_read(client: httpx.Client) -> None:
    """A text is a text, not a link to bytes; and what the agent uses is what `cochat deps` says."""
    (found,) = rows(client, "/mirror/text_of.json", ref="tool/web_search")
    assert "class Tools" in json.loads(found["body"])["content"]
    assert {row["ref"] for row in rows(client, "/mirror/who_uses.json", ref="tool/web_search")} == {"agent/researcher"}
    assert "&#34;name&#34;" in client.get("/mirror/body").text
    names = {row["ref"]: row["name"] for row in rows(client, "/mirror/names.json")}
    assert names["tool/web_search"] == "Web Search"
    assert "Changed there" in names.values()


def test_what_is_hidden_is_hidden_and_the_first_page_leads_to_the_rest(client: httpx.Client) -> None:
    """The page of the database shows five tables and our questions, and none of the tables behind them."""
    page = client.get("/mirror.json").json()
    assert {table["name"] for table in page["tables"] if not table["hidden"]} == set()
    assert {view["name"] for view in page["views"]} == set(VIEWS)
    assert {query["name"] for query in page["queries"]} == set(QUESTIONS)


def test_nothing_can_be_written(client: httpx.Client, desk: Desk) -> None:
    """No statement changes the mirror, and without the link nobody reads it, by our name or another's."""
    before = sha256(desk.path("mirror.db").read_bytes()).hexdigest()
    for sql in ("delete from resource", "insert into fact values ('a', 'b')", "drop view resources", "vacuum"):
        assert client.get("/mirror.json", params={"sql": sql}).status_code == 400
        assert client.post("/mirror", data={"sql": sql}).status_code in (400, 403, 405)
    assert sha256(desk.path("mirror.db").read_bytes()).hexdigest() == before
    for headers in ({}, {"Host": "evil.com"}):
        answer = httpx.get(f"{client.base_url}/mirror.json", headers=headers)
        assert answer.status_code == 403
        assert "resources" not in answer.text


def test_a_pull_while_it_runs_is_read(client: httpx.Client, desk: Desk) -> None:
    """What is written to the mirror later is in the next answer."""
    Mirrored(desk.folder).show("tool/late", {"name": "Late", "content": ""})
    found = rows(client, "/mirror.json", sql="select ref from resources where ref = 'tool/late'")
    assert found == [{"ref": "tool/late"}]


def test_the_command_is_printed_to_be_run(desk: Desk, tmp_path: Path) -> None:
    """`cochat browse --datasette` prints one line for the shell, or says that there is nothing to open yet."""
    words = datasette_command(read_config(desk.folder))
    assert desk.cochat("browse", "--datasette").out.split() == words
    assert desk.json("browse", "--datasette").json["run"] == words
    done = desk.cochat("browse", "--datasette", "--port", "1", expected=2)
    assert "--datasette serves nothing, and takes no --port" in done.err
    empty = make_desk(tmp_path / "empty", "https://server.test", "t")
    assert "there is no mirror yet" in empty.cochat("browse", "--datasette", expected=2).err
    Mirrored(empty.folder)
    with sqlite3.connect(empty.path("mirror.db")) as early:
        early.execute("CREATE TABLE scope (id INTEGER)")
        early.execute("PRAGMA user_version = 3")
    early.close()
    assert "cochat pull" in empty.cochat("browse", "--datasette", expected=2).err
    empty.path("mirror.db").write_bytes(b"no database")
    assert "is no mirror" in empty.cochat("browse", "--datasette", expected=1).err
