"""`cochat deps` and `cochat chain`: drawn for people, whole for programs, and no name breaks a line."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from cochat_devkit.cli import drawing
from cochat_devkit.cli.chain import _complete_models
from cochat_devkit.cli.drawing import drawn, one_line
from tests.pulled import Pulled

TOOL = "class Tools:\n    pass\n"
FILTER = """from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = {priority}

    def inlet(self, body):
        return body

    def outlet(self, body):
        return body
"""


@pytest.fixture
def made(tmp_path):
    """An agent that uses a tool, one that is missing, a service outside, and an agent below it."""
    pulled = Pulled(tmp_path)
    pulled.shown(
        {
            "tool/web": {"name": "Web", "content": TOOL},
            "agent/low": {"name": "Low", "tools": ["tool/web"]},
            "agent/top": {"name": "Top", "base": "low", "tools": ["tool/web", "tool/gone", "id:server:mcp:x"]},
            "filter/late": {"name": "Late", "content": FILTER.format(priority=9), "active": True, "global": True},
            "filter/early": {"name": "Early", "content": FILTER.format(priority=1), "active": True, "global": True},
            "filter/off": {"name": "Off", "content": FILTER.format(priority=0), "global": True},
            "filter/odd": {"content": "class Filter(Other): ...\n", "active": True, "global": True},
        }
    )
    return pulled


def test_deps_draws_a_tree(made):
    """I see at one look what hangs on what, and what is wrong with it."""
    assert made.desk.cochat("deps", "agent/top", "--depth", "2").out.splitlines() == [
        "agent/top  Top",
        "├─ uses",
        "│  ├─ agent/low  Low  (base)",
        "│  │  └─ tool/web  Web  (tools)",
        "│  ├─ external-tool/server:mcp:x  a service outside  (tools)",
        "│  ├─ tool/gone  missing  (tools)",
        "│  └─ tool/web  Web  (tools)",
        "└─ used by: nothing",
    ]
    assert made.desk.cochat("deps", "tool/web", "--used-by").out.splitlines() == [
        "tool/web  Web",
        "└─ used by",
        "   ├─ agent/low  Low  (tools)",
        "   └─ agent/top  Top  (tools)",
    ]
    assert made.desk.cochat("deps", "tool/web", "--uses").out.splitlines() == ["tool/web  Web", "└─ uses: nothing"]


def test_deps_tells_programs_all(made):
    """A script finds in one object what the tree shows."""
    made.write("agent/low", {"name": "Low", "tools": ["tool/gone"]})
    found = made.desk.json("deps", "agent/top", "--depth", "2").json
    assert (found["ref"], found["standing"], found["exit_code"]) == ("agent/top", "there", 0)
    assert found["counts"] == {"uses": 4, "used_by": 0}
    low = found["uses"][0]
    assert (low["ref"], low["title"], low["fields"], low["is_only_here"]) == ("agent/low", "Low", ["base"], False)
    (gone,) = low["further"]
    assert (gone["ref"], gone["standing"], gone["is_only_here"]) == ("tool/gone", "missing", True)
    assert "used_by" not in made.desk.json("deps", "agent/top", "--uses").json


def test_missing_lists_what_leads_nowhere(made):
    """A check in CI fails when an agent names a tool that is not there, and says who names it."""
    done = made.desk.cochat("deps", "--missing", expected=1)
    assert done.out.splitlines() == ["tool/gone  missing", "    named by agent/top (tools)"]
    found = made.desk.json("deps", "--missing", expected=1).json
    assert found["counts"] == {"missing": 1, "unknown": 0}
    assert found["items"][0]["used_by"] == [{"ref": "agent/top", "fields": ["tools"]}]
    made.write("tool/gone", {"name": "Back", "content": TOOL})
    made.write("agent/low", {"name": "Low", "base": "gpt"})
    done = made.desk.cochat("deps", "--missing")
    assert done.out.splitlines() == ["base-model/gpt  not known here", "    named by agent/low (base)"]
    assert "nothing that is named is missing" in done.err
    assert "cochat pull --kind base-model" in done.err


@pytest.mark.parametrize("words", [(), ("tool/web", "--missing")])
def test_deps_wants_one_question(made, words):
    """A command line that asks nothing, or two things, is a usage error."""
    assert "name one resource" in made.desk.cochat("deps", *words, expected=2).err


def test_a_misspelt_address_is_answered_with_the_right_one(made):
    """A typing mistake costs me one look."""
    assert "did you mean tool/web?" in made.desk.cochat("deps", "tool/wbe", expected=2).err
    assert "did you mean agent/low?" in made.desk.cochat("chain", "agent/lwo", expected=2).err


def test_a_hint_names_the_target(made):
    """What I am told to type is for the target that I asked about."""
    made.desk.path("cochat.toml").write_text(
        made.desk.path("cochat.toml").read_text().replace("[targets.main]", "[targets.other]")
        + '\n[targets.main]\nurl = "https://server.test"\n'
    )
    made.write("agent/low", {"name": "Low", "base": "gpt"})
    done = made.desk.cochat("deps", "--missing", "--target", "main", expected=1)
    assert "cochat pull --target main --kind base-model" in done.err


def test_chain_draws_the_way_of_a_message(made):
    """I see what a message meets, from its writing to the answer, with priorities and why."""
    lines = made.desk.cochat("chain", "--all").out.splitlines()
    assert lines[:7] == [
        "every model, on Open WebUI 0.12",
        "",
        "a message",
        "  ↓ inlet",
        "    1.  filter/odd    odd    priority unknown, taken for 0  global; switch unknown; hooks unknown",
        "    2.  filter/early  Early  priority 1, of its class       global",
        "    3.  filter/late   Late   priority 9, of its class       global",
    ]
    assert [line for line in lines if not line.startswith("    ")][3:] == [
        "  ↓ inlet",
        "  ↓ request",
        "  ↓",
        "the model",
        "  ↓ stream",
        "  ↓ outlet",
        "  ↓",
        "the answer",
        "",
        "these do not run:",
        "  filter/off  Off  inactive",
    ]
    assert "filter/off" not in made.desk.cochat("chain").out


def test_chain_tells_programs_all(made):
    """A script finds order, priorities, reasons and hooks."""
    found = made.desk.json("chain", "agent/top").json
    assert (found["model"]["ref"], found["generation"], found["is_certain"]) == ("agent/top", "0.12", False)
    assert found["counts"] == {"runs": 3, "idle": 1}
    assert found["items"][1] == {
        "ref": "filter/early",
        "type": "filter",
        "title": "Early",
        "standing": "there",
        "rank": 2,
        "priority": 1,
        "priority_from": "class",
        "class_priority": 1,
        "why": ["global"],
        "switch": "always",
        "hooks": ["inlet", "outlet"],
    }
    assert found["idle"] == [
        {"ref": "filter/off", "type": "filter", "title": "Off", "standing": "there", "reason": "inactive"}
    ]


def test_chain_says_what_is_in_no_certain_order(tmp_path):
    """On CoChat I am told that nothing is saved, and what to do about it."""
    made = Pulled(tmp_path, dialect="cochat")
    said = {"content": FILTER.format(priority=5), "active": True, "global": True}
    made.shown({"filter/a": said, "filter/b": said})
    done = made.desk.cochat("chain")
    assert "    1=  filter/a  a  priority 0, none saved, its class says 5  global" in done.out.splitlines()
    assert "in no certain order" in done.err
    made.shown({"filter/b": {**said, "priority": 2}})
    done = made.desk.cochat("chain")
    assert "    2.  filter/b  b  priority 2, saved" in done.out
    assert "in no certain order" not in done.err


def test_an_empty_chain_says_why(tmp_path):
    """Before the first pull I am told that nobody knows, not that nothing runs."""
    done = Pulled(tmp_path).desk.cochat("chain")
    assert "neither files nor mirror know a filter" in done.err
    assert "cochat pull --kind filter" in done.err


def test_no_name_breaks_a_line(made):
    """A name of several lines is shown on one, and cannot pass for another resource."""
    made.shown(
        {"agent/evil": {"name": "x\n└─ tool/fake\tFake\u2028y", "tools": ["tool/web", "tool/a\nb"]}}, has_files=False
    )
    lines = made.desk.cochat("deps", "agent/evil").out.splitlines()
    assert lines[0] == "agent/evil  x └─ tool/fake Fake y"
    assert "│  ├─ tool/a b  missing  (tools)" in lines
    assert json.loads(made.desk.json("deps", "agent/evil").out)["title"] == "x\n└─ tool/fake\tFake\u2028y"


def test_models_are_completed(made):
    """The shell offers what has a chain, and nothing else."""
    with contextlib.chdir(made.desk.folder):
        assert _complete_models(None, None, "") == ["agent/low", "agent/top"]
        assert _complete_models(None, None, "tool") == []


def test_a_terminal_without_lines_gets_letters(monkeypatch):
    """On an old terminal a tree is drawn in ASCII."""
    monkeypatch.setattr(drawing.sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert drawn("├─ └─ │") == "|- `- |"
    monkeypatch.setattr(drawing.sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert drawn("├─") == "├─"
    assert one_line(" a\r\n b\t") == "a b"
