"""Automations in the page: what runs by itself, when next, and what it runs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

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


def coming(page, name: str) -> list[datetime]:
    """Read the next runs of one automation, in UTC."""
    (panel,) = [each for each in page.html.split('<li class="panel')[1:] if f">{name}</a>" in each]
    return [datetime.fromisoformat(each).astimezone(UTC) for each in re.findall('datetime="([^"]+)"', panel)]


def test_next_runs_are_reckoned_from_the_rule(mirrored: Mirrored) -> None:
    """I see the next three runs, by a clock that is named, what the server said, and the agent that runs."""
    page = mirrored.get("automations.html")
    daily = told(page, "Daily")
    moments = [at.astimezone() for at in coming(page, "Daily") if at > datetime.now(UTC)]
    assert [(at.hour, at.minute) for at in moments] == [(9, 0)] * 3
    assert "active" in daily
    assert "last 2026-01-02" in daily
    assert "r/agent/researcher.html" in page.links("researcher")
    assert datetime.now().astimezone().strftime("(%z)") in page.text


def test_what_is_switched_off_runs_never(mirrored: Mirrored) -> None:
    """An automation that is off has its rule and no runs."""
    off = told(mirrored.get("automations.html"), "Off")
    assert "switched off" in off
    assert "none while it is switched off" in off


def test_a_trigger_is_followed_in_its_own_zone(mirrored: Mirrored) -> None:
    """A cron expression comes to pass by the clock of the zone that it names; I see the expression, too."""
    zone = ZoneInfo("Asia/Kolkata")
    trigger = {"trigger": "schedule", "trigger_config": {"cron": "30 9 * * 1-5", "timezone": "Asia/Kolkata"}}
    mirrored.show("automation/workdays", {"name": "Workdays", "active": True, **trigger})
    page = mirrored.get("automations.html")
    weekly, workdays = coming(page, "By trigger"), coming(page, "Workdays")
    assert [(at.weekday(), at.hour, at.minute) for at in weekly] == [(0, 9, 0)] * 3
    assert weekly[1] - weekly[0] == timedelta(days=7)
    assert weekly[0] > datetime.now(UTC)
    there = [at.astimezone(zone) for at in workdays]
    assert [(at.hour, at.minute) for at in there] == [(9, 30)] * 3
    assert all(at.weekday() < 5 for at in there)
    assert "0 9 * * 1 UTC" in told(page, "By trigger")
    assert "30 9 * * 1-5 Asia/Kolkata" in told(page, "Workdays")


def test_once_is_once(mirrored: Mirrored) -> None:
    """What comes at one moment has that run before it, and none after."""
    for name, at in {"Later": "2048-01-01T09:00:00Z", "Past": "2020-01-01T09:00:00+02:00"}.items():
        mirrored.show(f"automation/{name}", {"name": name, "active": True, "trigger_config": {"at": at}})
    page = mirrored.get("automations.html")
    assert coming(page, "Later") == [datetime(2048, 1, 1, 9, tzinfo=UTC)]
    assert coming(page, "Past") == []
    assert "none any more" in told(page, "Past")


@pytest.mark.parametrize(
    "config",
    [
        *({"schedule": each} for each in ("", "61 * * * *", "0 9", "0 0 31 2 *", HOSTILE, 5, None, ["0 9 * * *"])),
        *({"cron": "0 9 * * *", "timezone": each} for each in ("../../etc/passwd", "Europe", "Nowhere/None", HOSTILE)),
        *({"at": each} for each in ("soon", "2048-13-01", "9999-12-31T23:59:59-23:59", 1, HOSTILE)),
    ],
)
def test_a_trigger_that_means_nothing_is_shown_as_it_is(mirrored: Mirrored, config: dict[str, object]) -> None:
    """What cannot be followed has no runs, and costs nobody the page."""
    mirrored.show("automation/odd", {"name": "Odd one", "active": True, "trigger_config": config})
    page = mirrored.get("automations.html")
    assert (page.status, coming(page, "Odd one")) == (200, [])
    assert page.is_harmless()


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
