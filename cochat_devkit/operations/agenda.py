"""The agenda: when automations run next, by their rules and by what the server said; offline."""

from __future__ import annotations

import functools
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.kinds import all_kinds, parse_ref
from cochat_devkit.kinds.wire import updated_at_of
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.server.recurrence import next_moments_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.resource import Body, Json

_RULE = "rrule"
#: so many moments of so many rules are found, in so long; a rule may be searched for ever
_MOMENTS, _MOST_RULES, _TIMEOUT_S = 3, 50, 0.6
_MINUTE_S = 60


class Planned(NamedTuple):
    """Hold when something runs: the next moments by its rule, or why there are none; and what the server said.

    `complaint` is "" where the rule can be followed, or where there is none.
    """

    ref: str
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

    Rules are of the clock on the wall, which is taken to be this machine's; they are followed from the current minute.
    """
    rules = {ref: str(body.get(_RULE) or "") for ref, body in bodies.items()}
    asked = tuple(dict.fromkeys(rule for ref, rule in rules.items() if rule and bodies[ref].get("active")))[
        :_MOST_RULES
    ]
    followed = dict(zip(asked, _follow(asked, int(time.time()) // _MINUTE_S), strict=True))
    told = _told(config, target, [*bodies])
    return {ref: _planned(ref, followed.get(rules[ref], ()), told.get(ref, {})) for ref in bodies}


@functools.lru_cache(maxsize=32)
def _follow(rules: tuple[str, ...], _minute: int) -> list[list[int] | str | None]:
    return next_moments_of(rules, count=_MOMENTS, timeout_s=_TIMEOUT_S) if rules else []


def _planned(ref: str, found: Sequence[int] | str | None, told: Mapping[str, Json]) -> Planned:
    moments = found if isinstance(found, (list, tuple)) else ()
    complaint = found if isinstance(found, str) else "" if found is not None else "it took too long to follow"
    return Planned(
        ref,
        tuple(datetime.fromtimestamp(each // 1_000_000_000, UTC) for each in moments),
        complaint,
        updated_at_of({"updated_at": told.get("next_run_at")}),
        updated_at_of({"updated_at": told.get("last_run_at")}),
    )


def _told(config: Config, target: str | None, refs: Sequence[str]) -> dict[str, Mapping[str, Json]]:
    """Read what the server said of each when it was pulled last."""
    with mirror_of(config, target) as (reader, scope):
        return {ref: reader.derived(scope, parse_ref(ref)[0]) for ref in refs} if scope else {}
