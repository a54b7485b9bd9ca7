"""Spans of time as people write them in a query: `>2026-01-01`, `2026-11`, `7d`; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from cochat_devkit.errors import UsageError
from cochat_devkit.tuples import NamedTuple

_SIGNED = re.compile(r"(>=|<=|>|<|)(.*)\Z", re.DOTALL)
_AGO = re.compile(r"(\d{1,6})([hdwmy])\Z", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z", re.ASCII)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}
_HINT = "as in changed:7d, changed:2026-11, changed:>=2026-01-15 or changed:2026-01..2026-03"


class Span(NamedTuple):
    """Hold a span of time: from `since` on and before `before`, in UTC; None where it is open."""

    since: datetime | None
    before: datetime | None


def parse_span(text: str, now: datetime) -> Span:
    """Read a year, month, day of the reader's own calendar, two of them with `..` between, or a time ago (`7d`).

    `>` means after all of it, `>=` from its beginning on, `<` before it, `<=` up to its end.

    Raises:
        UsageError: it is none.
    """
    first, dots, last = text.partition("..")
    if dots:
        return Span(_whole(first, text).since, _whole(last, text).before)
    sign, value = _SIGNED.match(text).groups()  # type: ignore[union-attr] # it matches whatever there is
    if ago := _AGO.match(value):
        return _since_ago(sign, int(ago[1]) * _HOURS[ago[2]], now, text)
    whole = _whole(value, text)
    spans = {
        "": whole,
        ">": Span(whole.before, None),
        ">=": Span(whole.since, None),
        "<": Span(None, whole.since),
        "<=": Span(None, whole.before),
    }
    return spans[sign]


def _since_ago(sign: str, hours: int, now: datetime, text: str) -> Span:
    """Tell what was within so many hours; `>7d` is what is older, as one says it."""
    try:
        then = now.astimezone(UTC) - timedelta(hours=hours)
    except OverflowError:
        raise _no_span(text) from None
    return Span(None, then) if sign in (">", ">=") else Span(then, None)


def _whole(value: str, text: str) -> Span:
    """Read a year, month or day as all of it."""
    found = _DATE.match(value)
    if found is None:
        raise _no_span(text)
    year, month, day = (int(each) if each else None for each in found.groups())
    try:
        first = datetime(year or 0, month or 1, day or 1)  # noqa: DTZ001 - of the reader's own calendar
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = datetime(first.year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001
        else:
            after = datetime(first.year + 1, 1, 1)  # noqa: DTZ001
        return Span(first.astimezone(UTC), after.astimezone(UTC))
    except (ValueError, OverflowError):
        raise _no_span(text) from None


def _no_span(text: str) -> UsageError:
    return UsageError(f"changed:{text[:40]} is no time", hint=_HINT)
