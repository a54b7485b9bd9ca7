"""The agenda: when automations run next, by their rules or triggers and by what the server said; offline.

Open WebUI has recurrence rules; CoChat has triggers, with a cron expression or a moment among their settings.
"""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cochat_devkit.kinds import all_kinds, parse_ref
from cochat_devkit.kinds.wire import updated_at_of
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.server.recurrence import next_moments_of
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.resource import Body, Json

_RULE, _TRIGGER = "rrule", "trigger_config"
#: what a trigger's settings call a cron expression, the zone whose clock it means, and a single moment
_EXPRESSIONS, _ZONE, _MOMENT = ("schedule", "cron"), "timezone", "at"
#: so many moments of so many rules are found, in so long; a rule may be searched for ever
_MOMENTS, _MOST_RULES, _TIMEOUT_S = 3, 50, 0.6
_MINUTE_S = 60


class Planned(NamedTuple):
    """Hold when something runs: the next moments by its rule, or why there are none; and what the server said.

    `rule` is the rule as people read it, "" where there is none; `complaint` is "" where it can be followed.
    """

    ref: str
    rule: str
    moments: tuple[datetime, ...]
    complaint: str
    next_run: datetime | None
    last_run: datetime | None


@functools.cache
def has_schedule(type_: str) -> bool:
    """Tell whether resources of a type run at set times."""
    return any(type_ == kind.name and any(each.name == _RULE for each in kind.fields) for kind in all_kinds())


def agenda(config: Config, bodies: Mapping[str, Body], *, target: str | None) -> dict[str, Planned]:
    """Say by address when each of some resources runs next.

    Recurrence rules are of the clock on the wall, which is taken to be this machine's; cron expressions are of the
    zone that they name, or of UTC. They are followed from the current minute.
    """
    rules = {ref: str(body.get(_RULE) or "") for ref, body in bodies.items()}
    asked = tuple(dict.fromkeys(rule for ref, rule in rules.items() if rule and bodies[ref].get("active")))[
        :_MOST_RULES
    ]
    followed = dict(zip(asked, _follow(asked, int(time.time()) // _MINUTE_S), strict=True))
    told = _told(config, target, [*bodies])
    return {
        ref: _planned(ref, rules[ref], followed.get(rules[ref], ()), told.get(ref, {}))
        if rules[ref]
        else _triggered(ref, body, told.get(ref, {}))
        for ref, body in bodies.items()
    }


@functools.lru_cache(maxsize=32)
def _follow(rules: tuple[str, ...], _minute: int) -> list[list[int] | str | None]:
    return next_moments_of(rules, count=_MOMENTS, timeout_s=_TIMEOUT_S) if rules else []


def _planned(ref: str, rule: str, found: Sequence[int] | str | None, told: Mapping[str, Json]) -> Planned:
    moments = found if isinstance(found, (list, tuple)) else ()
    complaint = found if isinstance(found, str) else "" if found is not None else "it took too long to follow"
    reckoned = tuple(datetime.fromtimestamp(each // 1_000_000_000, UTC) for each in moments)
    return Planned(ref, rule, reckoned, complaint, *_said(told))


def _triggered(ref: str, body: Body, told: Mapping[str, Json]) -> Planned:
    """Follow a trigger, where its settings hold what can be followed."""
    found = body.get(_TRIGGER)
    settings: Mapping[str, Json] = found if isinstance(found, dict) else {}
    expression, moment = _text_in(settings, *_EXPRESSIONS), _text_in(settings, _MOMENT)
    zone = _text_in(settings, _ZONE) or "UTC"
    moments: tuple[datetime, ...] = ()
    complaint = ""
    if body.get("active"):
        moments, complaint = _follow_cron(expression, zone) if expression else _follow_moment(moment)
    return Planned(ref, f"{expression} {zone}" if expression else moment, moments, complaint, *_said(told))


def _text_in(settings: Mapping[str, Json], *names: str) -> str:
    """Read the first text among some settings, "" where there is none."""
    said = (settings.get(name) for name in names)
    return next((each for each in said if isinstance(each, str) and each), "")


def _follow_cron(expression: str, zone: str) -> tuple[tuple[datetime, ...], str]:
    """Find the next moments of a cron expression, by the clock of a zone: (them, what is wrong with it)."""
    from cronsim import CronSim, CronSimError

    try:
        coming = CronSim(expression, datetime.now(ZoneInfo(zone)))
    except CronSimError as error:
        return (), str(error)
    except (ValueError, KeyError, OSError):
        return (), f"there is no zone {zone}"
    return tuple(at.astimezone(UTC) for at in islice(coming, _MOMENTS)), ""


def _follow_moment(text: str) -> tuple[tuple[datetime, ...], str]:
    """Read a single moment, of UTC where it names no zone: (it, if it is to come, what is wrong with it)."""
    if not text:
        return (), ""
    try:
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return (), "it is no moment"
    return (at,) if at > datetime.now(UTC) else (), ""


def _said(told: Mapping[str, Json]) -> tuple[datetime | None, datetime | None]:
    """Read what the server said of the next run and the last."""
    at_next, at_last = (updated_at_of({"updated_at": told.get(name)}) for name in ("next_run_at", "last_run_at"))
    return at_next, at_last


def _told(config: Config, target: str | None, refs: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """Read what the server said of each when it was pulled last."""
    with mirror_of(config, target) as (reader, scope):
        return {ref: reader.derived(scope, parse_ref(ref)[0]) for ref in refs} if scope else {}
