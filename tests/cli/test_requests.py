"""How many requests a command makes: a push of one thing, and a pull of everything, against the published bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cochat_devkit.operations.serve import running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

FLAVORS = ("cochat", "owui-0.12", "owui-0.6")
NEW = ("owui-0.12",)
OLD = ("cochat", "owui-0.6")
#: the last request of those that find out what the server is and who we are
WHOAMI = "/api/v1/auths/"

#: what one resource may cost, and what is added for each further sort of change
MOST_FOR_CONTENT, MOST_FOR_A_FILE = 3, 7
ADDED = {"access": 1, "switch": 2, "valves": 2}

TOOL = '''class Tools:
    def greet(self, name: str) -> str:
        """
        Greet.
        :param name: whom
        """
        return name
'''
FILTER = """from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 0

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body: dict) -> dict:
        return body
"""
TEXTS = {
    "plugins/tools/t.py": TOOL,
    "plugins/tools/t.yaml": "access: private\n",
    "plugins/filters/f.py": FILTER,
    "plugins/filters/f.yaml": "active: false\nglobal: false\npriority: 1\n",
    "prompts/p.md": "---\nname: P\naccess: private\n---\nHello\n",
    "models/m.md": "---\nname: M\naccess: private\n---\nYou help.\n",
    "knowledge/k/knowledge.yaml": "description: one\naccess: private\n",
    "knowledge/k/files/a.md": "alpha\n",
    "knowledge/k/files/b.md": "beta\n",
    "agents/g.md": "---\nname: G\nbase: some-base\naccess: private\n---\nYou help.\n",
    "skills/s/SKILL.md": "---\nname: s\ndescription: It audits\n---\nDo it.\n",
    "skills/s/SKILL.yaml": "access: private\nactive: true\n",
    "skills/s/more.txt": "more\n",
    "automations/u.yaml": "prompt: Say hi.\nmodel: some-base\nrrule: FREQ=DAILY\nactive: false\n",
}
#: where each lies that not every server has
ONLY = {"agents/": ("owui-0.12", "owui-0.6"), "skills/": NEW, "automations/": NEW}


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
        return self.asked[len(paths) - paths[::-1].index(WHOAMI) :] if WHOAMI in paths else self.asked[:]


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
        for path, text in TEXTS.items():
            if all(flavor in have for folder, have in ONLY.items() if path.startswith(folder)):
                desk.path(path).parent.mkdir(parents=True, exist_ok=True)
                desk.path(path).write_text(text, encoding="utf-8")
        desk.json("push", "--no-verify")
        desk.json("pull")
        yield Stage(flavor, server.url, desk, asked)


@dataclass(frozen=True)
class Change:
    """A change of one resource: which bar it has by, and (path, what was, what is) of each file; None is no file."""

    name: str
    parts: tuple[str, ...]
    edits: tuple[tuple[str, str | None, str | None], ...]
    flavors: tuple[str, ...] = FLAVORS

    @property
    def most(self) -> int:
        """Say the bar: access, a switch or a value that is changed alone takes no more than content would."""
        first, *others = self.parts
        return (MOST_FOR_A_FILE if first == "file" else MOST_FOR_CONTENT) + sum(ADDED[part] for part in others)


_T, _F, _P, _M = "plugins/tools/t", "plugins/filters/f", "prompts/p.md", "models/m.md"
_G, _S, _U, _K = "agents/g.md", "skills/s", "automations/u.yaml", "knowledge/k"
_PUBLIC = ("access: private", "access: public")
_T_CODE, _T_ACCESS = (f"{_T}.py", "return name", "return str(name)"), (f"{_T}.yaml", *_PUBLIC)
_F_CODE, _F_PRIORITY = (f"{_F}.py", "return body", "return dict(body)"), (f"{_F}.yaml", "priority: 1", "priority: 2")
_F_ACTIVE, _F_GLOBAL = (f"{_F}.yaml", "active: false", "active: true"), (f"{_F}.yaml", "global: false", "global: true")

CHANGES = [
    Change("tool-content", ("content",), (_T_CODE,)),
    Change("tool-access", ("access",), (_T_ACCESS,)),
    Change("tool-content-access", ("content", "access"), (_T_CODE, _T_ACCESS)),
    Change("function-content", ("content",), (_F_CODE,)),
    Change("function-switch", ("switch",), (_F_ACTIVE,)),
    Change("function-two-switches", ("switch", "switch"), (_F_ACTIVE, _F_GLOBAL)),
    Change("function-priority", ("valves",), (_F_PRIORITY,)),
    Change("function-content-priority", ("content", "valves"), (_F_CODE, _F_PRIORITY)),
    Change(
        "function-everything",
        ("content", "switch", "switch", "valves"),
        (_F_CODE, _F_ACTIVE, _F_GLOBAL, _F_PRIORITY),
    ),
    Change("prompt-content", ("content",), ((_P, "Hello", "Hey"),)),
    Change("prompt-access", ("access",), ((_P, *_PUBLIC),)),
    Change("prompt-switch", ("switch",), ((_P, "name: P\n", "name: P\nactive: false\n"),), NEW),
    Change("model-content", ("content",), ((_M, "You help", "You sing"),)),
    Change("model-access", ("access",), ((_M, *_PUBLIC),)),
    Change("model-content-access", ("content", "access"), ((_M, "You help", "You sing"), (_M, *_PUBLIC))),
    Change("agent-content", ("content",), ((_G, "You help", "You sing"),), ONLY["agents/"]),
    Change("agent-access", ("access",), ((_G, *_PUBLIC),), ONLY["agents/"]),
    Change("skill-content", ("content",), ((f"{_S}/SKILL.md", "Do it", "Do that"),), NEW),
    Change("skill-file", ("content",), ((f"{_S}/more.txt", "more", "less"),), NEW),
    Change("skill-access", ("access",), ((f"{_S}/SKILL.yaml", *_PUBLIC),), NEW),
    Change("skill-switch", ("switch",), ((f"{_S}/SKILL.yaml", "active: true", "active: false"),), NEW),
    Change("automation-content", ("content",), ((_U, "Say hi", "Say no"),), NEW),
    Change("automation-switch", ("switch",), ((_U, "active: false", "active: true"),), NEW),
    Change("knowledge-content", ("content",), ((f"{_K}/knowledge.yaml", "one", "two"),)),
    Change("knowledge-access", ("access",), ((f"{_K}/knowledge.yaml", *_PUBLIC),)),
    Change("knowledge-file-replaced", ("file",), ((f"{_K}/files/a.md", "alpha", "gamma"),)),
    Change("knowledge-file-added", ("file",), ((f"{_K}/files/c.md", None, "delta\n"),)),
    Change("knowledge-file-removed", ("file",), ((f"{_K}/files/b.md", "beta\n", None),)),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_one_resource_pushed_takes_few_requests(stage: Stage, change: Change) -> None:
    """One thing that I change is sent in the requests that its parts take, each way, and nothing else is read."""
    if stage.flavor not in change.flavors:
        pytest.skip(f"{stage.flavor} has no such thing")
    for is_back in (False, True):
        for path, old, new in change.edits:
            _lay(stage.desk, path, *((new, old) if is_back else (old, new)))
        asked = stage.own_requests("push", "--no-verify")
        assert len(asked) <= change.most, asked


def _lay(desk: Desk, path: str, old: str | None, new: str | None) -> None:
    if new is None:
        desk.path(path).unlink()
    elif old is None:
        desk.path(path).write_text(new, encoding="utf-8")
    else:
        desk.edit(path, old, new)


#: what a new resource lies in, and the most requests: 3, where the server makes the id the names there are, and a file
NEW_ONES = {
    "tool": ({"plugins/tools/new_t.py": TOOL}, 3),
    "function": ({"plugins/filters/new_f.py": FILTER}, 3),
    "function-switch-priority": (
        {"plugins/filters/new_g.py": FILTER, "plugins/filters/new_g.yaml": "active: true\npriority: 1\n"},
        3 + 2 + 2,
    ),
    "prompt": ({"prompts/new.md": "---\nname: P\n---\nHello\n"}, 4),
    "model": ({"models/new.md": "---\nname: M\n---\nYou help.\n"}, 3),
    "skill": ({"skills/new/SKILL.md": "---\nname: new\ndescription: d\n---\nDo it.\n"}, 4),
    "knowledge": ({"knowledge/new/knowledge.yaml": "description: d\n", "knowledge/new/files/a.md": "new\n"}, 7),
    "automation": ({"automations/new.yaml": "prompt: p\nmodel: some-base\nrrule: FREQ=DAILY\nactive: false\n"}, 4),
}


@pytest.mark.parametrize("name", NEW_ONES)
def test_a_new_resource_takes_few_requests(stage: Stage, name: str) -> None:
    """What I add is created without reading what else the server has, files of other knowledge bases included."""
    texts, most = NEW_ONES[name]
    if any(stage.flavor not in have for path in texts for folder, have in ONLY.items() if path.startswith(folder)):
        pytest.skip(f"{stage.flavor} has no such thing")
    for path, text in texts.items():
        stage.desk.path(path).parent.mkdir(parents=True, exist_ok=True)
        stage.desk.path(path).write_text(text, encoding="utf-8")
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
