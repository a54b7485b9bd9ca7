"""Who uses whom on every server: what a push sent and a pull brought is told offline, and by the search too."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.stage import Server

TOOL = "class Tools:\n    def look(self) -> str:\n        return 'ok'\n"
AGENT = """---
name: {name}
base: nowhere.small
tools:
- tool/{tool}
- tool/{gone}
---
You help.
"""


def test_an_agent_uses_what_it_names(server: Server, tmp_path: Path) -> None:
    """What I push is known at once, what a colleague pulls too; an edit counts before it is pushed."""
    tool, gone = (f"deps_{uuid.uuid4().hex[:8]}" for _ in range(2))
    mine = make_desk(tmp_path / "mine", server.url, server.admin_person.token)
    slug = tool.replace("_", "-")
    for path, text in {
        f"plugins/tools/{tool}.py": TOOL,
        f"agents/{slug}.md": AGENT.format(name=slug, tool=tool, gone=gone),
    }.items():
        mine.path(path).parent.mkdir(parents=True, exist_ok=True)
        mine.path(path).write_text(text, encoding="utf-8")
    assert told(mine, f"tool/{tool}", "used_by") == {f"agent/{slug}": ("only here", True)}
    mine.cochat("push", f"tool/{tool}", f"agent/{slug}")
    theirs = make_desk(tmp_path / "theirs", server.url, server.admin_person.token)
    theirs.cochat("pull", "--kind", "tool", "--kind", "agent")
    for desk in (Desk(mine.folder), Desk(theirs.folder)):
        assert told(desk, f"tool/{tool}", "used_by") == {f"agent/{slug}": ("there", False)}
        found = desk.json("search", f"uses:tool/{tool}", "help").json["items"]
        assert [each["ref"] for each in found] == [f"agent/{slug}"]
    assert told(Desk(theirs.folder), f"agent/{slug}", "uses") == {
        "base-model/nowhere.small": ("unknown", False),
        f"tool/{tool}": ("there", False),
        f"tool/{gone}": ("missing", False),
    }
    theirs.edit(f"agents/{slug}.md", f"- tool/{tool}\n", "")
    assert told(Desk(theirs.folder), f"tool/{tool}", "used_by") == {}


def told(desk: Desk, ref: str, way: str) -> dict[str, tuple[str, bool]]:
    return {each["ref"]: (each["standing"], each["is_only_here"]) for each in desk.json("deps", ref).json[way]}
