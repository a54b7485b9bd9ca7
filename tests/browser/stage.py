"""The workspaces that are looked at: the demo catalogue after a week of work, and its like of ten thousand."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.operations.serve import running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: kinds that are pulled on request alone
ON_REQUEST = ("base-model", "config")
#: CoChat's reference documents no update of an agent: a server that has one is asked by these words
_UPDATES_AGENTS = """
[targets.main.endpoints.agent]
update = "PUT /api/custom/agents/{id}"
"""
_TRIED = "plugins/tools/url_fetch.py"
_DISPUTED = "plugins/filters/onboarding_filter.py"


class Edit(NamedTuple):
    """Change a text in a file."""

    path: str
    old: str
    new: str


#: what a colleague does on the server, round by round; after each we pull
_ROUNDS = (
    (
        Edit("plugins/tools/web_search.py", "title: Web Search", "title: Web search"),
        Edit("agents/researcher.md", "You are Researcher", "You are the Researcher"),
    ),
    (
        Edit("plugins/tools/web_search.py", "min(count, self", "max(1, min(count, self"),
        Edit("plugins/tools/web_search.py", "most_results)", "most_results))"),
        Edit("agents/researcher.md", "a sample agent of the local server.", "and you name your sources."),
        Edit("prompts/review.md", "name: Review", "name: Review a text"),
    ),
)


@contextmanager
def demo_workspace(home: Path, flavor: str, more: Sequence[str] = ON_REQUEST) -> Iterator[Desk]:
    """Make the demo catalogue's workspace, with a past: pulled thrice; edited, disputed, something new, something gone.

    `more` names kinds that are pulled, too. The server lasts as long as the block; what is looked at needs none.
    """
    with running_server(flavor=flavor, empty=False, more_writes=("agent",)) as server:
        mine = make_desk(home / "mine", server.url, server.token)
        colleague = make_desk(home / "colleague", server.url, server.token)
        mine.cochat("pull")
        for kind in more:
            mine.cochat("pull", "--kind", kind)
        if flavor == "cochat":
            settings = colleague.path("cochat.toml")
            settings.write_text(settings.read_text(encoding="utf-8") + _UPDATES_AGENTS, encoding="utf-8")
        colleague.cochat("pull")
        for edits in _ROUNDS:
            _change(colleague, *edits)
            colleague.cochat("push", "--no-verify")
            mine.cochat("pull")
        _leave_work_undone(mine, colleague)
        yield mine


def _leave_work_undone(mine: Desk, colleague: Desk) -> None:
    """Leave one resource edited, one in conflict, one new, one deleted."""
    _change(mine, Edit(_DISPUTED, "title: Onboarding", "title: Onboarding here"))
    _change(colleague, Edit(_DISPUTED, "title: Onboarding", "title: Onboarding there"))
    colleague.cochat("push", "--no-verify")
    mine.cochat("pull", expected=3)
    mine.cochat("new", "tool", "weather")
    _change(mine, Edit(_TRIED, "class Tools:", "# tried here\nclass Tools:"))
    mine.path("prompts/translate.md").unlink()


def _change(desk: Desk, *edits: Edit) -> None:
    for each in edits:
        desk.edit(*each)
