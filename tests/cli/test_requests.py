"""How many requests a command makes: a push of one thing, and a pull of everything, against the published bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cochat_devkit.operations.serve import running_server
from tests.changes import CHANGES, FLAVORS, NEW_ONES, Change, has_kind_of, lay_change, lay_texts, texts_for
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

#: the first request of those that find out what the server is and who we are, and how many these are
VERSION = "/api/version"
PROBE = {"cochat": 4, "owui-0.12": 3, "owui-0.6": 5}


@dataclass
class Stage:
    """A server, every request that it was asked, and a desk that has pushed one of each kind."""

    flavor: str
    url: str
    desk: Desk
    asked: list[tuple[str, str]] = field(default_factory=list)

    def own_requests(self, *words: str) -> list[tuple[str, str]]:
        """Run a command and list its requests, without those that find out what the server is."""
        self.asked.clear()
        self.desk.json(*words)
        paths = [path for _method, path in self.asked]
        if VERSION not in paths:
            return self.asked[:]
        return self.asked[len(paths) - 1 - paths[::-1].index(VERSION) + PROBE[self.flavor] :]


class Recorder:
    """Note each request on its way to an application."""

    def __init__(self, app: Any, asked: list[tuple[str, str]]) -> None:
        self.app, self.asked = app, asked

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.append((scope["method"], scope["path"]))
        await self.app(scope, receive, send)


@pytest.fixture(scope="module", params=FLAVORS)
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A desk whose every file the server has, too."""
    flavor: str = request.param
    asked: list[tuple[str, str]] = []

    def watch(app: FastAPI) -> None:
        app.add_middleware(Recorder, asked=asked)

    with running_server(flavor=flavor, prepare=watch) as server:
        desk = make_desk(tmp_path_factory.mktemp("requests") / "desk", server.url, server.token)
        lay_texts(desk, texts_for(flavor))
        desk.json("push", "--no-verify")
        desk.json("pull")
        yield Stage(flavor, server.url, desk, asked)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_one_resource_pushed_takes_few_requests(stage: Stage, change: Change) -> None:
    """One thing that I change is sent in the requests that its parts take, each way, and nothing else is read."""
    if stage.flavor not in change.flavors:
        pytest.skip(f"{stage.flavor} has no such thing")
    for is_back in (False, True):
        lay_change(stage.desk, change, is_back=is_back)
        asked = stage.own_requests("push", "--no-verify")
        assert len(asked) <= change.most, asked


@pytest.mark.parametrize("name", NEW_ONES)
def test_a_new_resource_takes_few_requests(stage: Stage, name: str) -> None:
    """What I add is created without reading what else the server has, files of other knowledge bases included."""
    texts, most = NEW_ONES[name]
    if not all(has_kind_of(stage.flavor, path) for path in texts):
        pytest.skip(f"{stage.flavor} has no such thing")
    lay_texts(stage.desk, texts)
    asked = stage.own_requests("push", "--no-verify")
    assert len(asked) <= most, asked
    assert not any(path.endswith(("/files/batch/add", "/files")) for _, path in asked[:2]), asked


PAGE = 30
PROMPTS = BASES = PAGE + 1


@pytest.fixture(scope="module")
def crowded(stage: Stage) -> Stage:
    """A desk and a server with more prompts and knowledge bases than a page has."""
    for number in range(PROMPTS):
        stage.desk.path(f"prompts/p{number}.md").write_text(f"---\nname: P{number}\n---\nHello\n")
    for number in range(BASES):
        folder = stage.desk.path(f"knowledge/k{number}")
        (folder / "files").mkdir(parents=True)
        (folder / "knowledge.yaml").write_text("description: one of many\n")
        (folder / "files/a.md").write_text(f"text {number}\n")
    stage.desk.json("push", "--no-verify")
    stage.desk.json("pull")
    return stage


def test_a_pull_of_every_kind_takes_few_requests(crowded: Stage, tmp_path: Path) -> None:
    """Everything comes in bulk: a listing for each kind and page, one for the files of each base, and their bytes once.

    The bar is 8 + pages of prompts + pages of bases + bases; a pull with nothing new has no byte of a file more.
    """
    prompts = len(list(crowded.desk.path("prompts").glob("*.md")))
    bases = len(list(crowded.desk.path("knowledge").iterdir()))
    files = len(list(crowded.desk.path("knowledge").glob("*/files/*")))
    bar = 8 + -(-prompts // PAGE) + -(-bases // PAGE) + bases
    again = Stage(
        crowded.flavor, crowded.url, make_desk(tmp_path / "again", crowded.url, str(crowded.desk.token)), crowded.asked
    )
    first = again.own_requests("pull")
    contents = [path for _method, path in first if path.endswith("/content")]
    assert len(contents) == len(set(contents)) == files
    assert len(first) - files <= bar, first
    idle = again.own_requests("pull")
    assert len(idle) <= bar, idle
    assert not any(path.endswith("/content") for _method, path in idle)


def test_only_what_is_named_is_read(crowded: Stage) -> None:
    """A push of one thing among many names no other in any request."""
    crowded.desk.edit("plugins/tools/t.py", "return name", "return name * 2")
    asked = crowded.own_requests("push", "tool/t", "--no-verify")
    assert {path for _method, path in asked} <= {path for _method, path in asked if "/tools/id/t" in path}
