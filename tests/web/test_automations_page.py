"""Automations in the page: what runs by itself, when next, and what it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.operations.browse import Catalogue
from cochat_devkit.web.pages import all_pages
from tests.web.mirrored import HOSTILE, Mirrored

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mirrored(tmp_path: Path) -> Mirrored:
    """Make a mirror of automations as both servers have them: by a rule, switched off, and by a trigger."""
    made = Mirrored(tmp_path)
    made.show("agent/researcher", {"name": "Researcher", "base": "gpt", "tools": []})
    daily = {"name": "Daily", "model": "researcher", "prompt": "**look**", "rrule": "FREQ=DAILY;BYHOUR=9;BYMINUTE=0"}
    ran_at = int(datetime(2026, 1, 2, 3, 4, tzinfo=UTC).timestamp()) * 10**9
    made.show("automation/daily", {**daily, "active": True}, derived={"last_run_at": ran_at})
    made.show("automation/off", {**daily, "name": "Off", "active": False})
    trigger = {"trigger": "schedule", "trigger_config": {"schedule": "0 9 * * 1", "timezone": "UTC"}}
    made.show("automation/cochat", {"name": "By trigger", "active": True, **trigger, "steps": [{"type": "prompt"}]})
    hostile = {"rrule": HOSTILE, "prompt": HOSTILE, "model": HOSTILE, "description": HOSTILE, "active": True}
    made.show("automation/hostile", {"name": HOSTILE, "trigger_config": {HOSTILE: HOSTILE}, **hostile})
    return made


def told(page, name: str) -> str:
    (found,) = [each for each in page.texts_of("li", "panel") if each.startswith(name)]
    return found


def test_next_runs_are_reckoned_from_the_rule(mirrored: Mirrored) -> None:
    """I see the next three runs, by a clock that is named, what the server said, and the agent that runs."""
    page = mirrored.get("automations.html")
    daily = told(page, "Daily")
    moments = [found["datetime"] for name, found in page.elements if name == "time"]
    coming = [datetime.fromisoformat(each) for each in moments if datetime.fromisoformat(each) > datetime.now(UTC)]
    assert [(at.astimezone().hour, at.astimezone().minute) for at in coming] == [(9, 0)] * 3
    assert "active" in daily
    assert "last 2026-01-02" in daily
    assert "r/agent/researcher.html" in page.links("researcher")
    assert datetime.now().astimezone().strftime("(%z)") in page.text


def test_what_is_switched_off_runs_never(mirrored: Mirrored) -> None:
    """An automation that is off has its rule and no runs."""
    off = told(mirrored.get("automations.html"), "Off")
    assert "switched off" in off
    assert "none while it is switched off" in off


def test_a_trigger_is_shown_as_it_is(mirrored: Mirrored) -> None:
    """What starts an automation elsewhere than by a rule is shown as the server has it."""
    assert "0 9 * * 1" in told(mirrored.get("automations.html"), "By trigger")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_that_a_server_sent_is_more_than_text(mirrored: Mirrored, language: str) -> None:
    """A rule that is none is told so, and looks like HTML in vain."""
    page = mirrored.get("automations.html", language)
    assert page.is_harmless()
    assert HOSTILE in page.text
    if language == "en":
        assert "The rule cannot be followed" in told(page, HOSTILE[:8])


def test_many_come_in_pieces(tmp_path: Path) -> None:
    """More than fifty come piece by piece, each with its address; where there is none, I am told so."""
    made = Mirrored(tmp_path)
    assert made.get("automations.html").texts_of("p", "empty") == ["Nothing runs by itself here."]
    for number in range(55):
        made.show(f"automation/a{number:02}", {"name": f"A {number:02}", "active": False, "rrule": "FREQ=DAILY"})
    assert len(made.get("automations/2.html").texts_of("li", "panel")) == 5
    catalogue = Catalogue(read_config(made.root), None)
    assert [*all_pages()["automations-piece"].every(catalogue)] == [{"number": "2"}]
