"""All scenarios, and what cannot be asked of a server."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.parity.chats import actions, agents, events, filters, models, pipes, questions, tools
from tests.parity.chats.compare import differences
from tests.parity.chats.ours import our_side
from tests.parity.chats.real import real_side
from tests.parity.report import Row

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation
    from tests.parity.chats.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = tuple(
    scenario
    for area in (filters, models, pipes, tools, events, actions, agents, questions)
    for scenario in area.SCENARIOS
)
BOTH = ("0.12.4", "0.6.43")
#: (area, name, what nobody knows, for which versions, why it is not asked)
UNKNOWN = (
    ("filters", "ties_of_0_6", "The order of filters of the same priority.", BOTH[1:],
     "0.6 takes it from a set, so that it differs from one start of the server to the next."),
    ("filters", "valves_that_no_longer_fit", "What a filter gets whose saved valves no longer fit its class.", BOTH,
     "A server refuses to save such valves; tests/runtime asks its code, without a chat."),
    ("filters", "one_instance_for_two_people", "What two people see who ask at once.", BOTH,
     "Which of them comes first is left to chance."),
    ("filters", "several_workers", "Which source a filter has on a worker that did not serve its update.", BOTH,
     "The servers of the suite have one worker."),
    ("events", "closed_page_of_0_6", "What a page that is closed answers.", BOTH[1:],
     "The server waits a minute for it."),
    ("events", "page_that_never_answers", "What a page answers that is there and says nothing.", BOTH,
     "0.12 waits for ever, 0.6 for a minute."),
    ("events", "event_functions", "What functions are told of the server's own events.", BOTH[:1],
     "Ours plays no events of the server's own."),
    ("tools", "tools_of_servers", "Tools of OpenAPI and MCP servers, and those that 0.12 brings itself.", BOTH,
     "They are no plugins."),
    ("pipes", "oauth_token", "Which token `__oauth_token__` holds of somebody who signed in elsewhere.", BOTH,
     "The servers of the suite have no other place to sign in."),
)  # fmt: skip


def generation_of(version: str) -> Generation:
    """Name the generation of a version."""
    return "0.6" if version.startswith("0.6") else "0.12"


def rows(version: str) -> list[Row]:
    """Ask a real server and ours all scenarios of one version: a row for each, and for what cannot be asked."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours").mkdir()
        with real_side(version, folder / "real") as real, our_side(folder / "ours") as ours:
            found = [
                (each, differences(real.ask(each), ours.ask(each, generation_of(version))))
                for each in SCENARIOS
                if version in each.versions
            ]
    unasked = [
        Row(area, name, what, {version: "unknown"}, why)
        for area, name, what, versions, why in UNKNOWN
        if version in versions
    ]
    return [*(_row(each, version, differing) for each, differing in found), *unasked]


def _row(scenario: Scenario, version: str, differing: list[str]) -> Row:
    gap = scenario.gaps.get(version)
    note = ""
    if gap is not None and (not differing or gap.is_all_of(differing)):
        note = gap.why if differing else f"not the same: known as one, and none any more: {gap.why}"
    elif differing:
        note = f"not the same: {differing[0]}"
    state = {version: "gap" if note else "validated"}
    return Row(scenario.area, scenario.name, scenario.fact, state, note)
