"""When a recurrence rule comes to pass, evaluated in a process that is ended when it takes too long.

A rule may have no moment at all and yet be searched to the end of the calendar; no thread can be stopped at that. Run
as a script, this file evaluates one rule: it may import nothing of ours.

Source: Open WebUI 0.12.4, utils/recurrence.py; checked by tests/contract/test_automations.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

#: the real server's two seconds, and what it takes to start
TIMEOUT_S = 2.3
#: so many rules of several may take too long
_MOST_STUCK = 3
_TOO_LONG = "Schedule took too long to evaluate; simplify its recurrence rule."
_NEVER = "RRULE has no future occurrences"
_NEEDS_START = "RRULE with COUNT requires an explicit DTSTART line to anchor the occurrence window"
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - rules are of the clock on the wall
#: a start so far back that counting from it would take too long is forgotten
_MOST_MOMENTS = 100_000


class RuleRefused(ValueError):
    """A rule that cannot be followed; the sentence is the server's own."""


def next_moments_ns(rule: str, *, count: int) -> list[int]:
    """Find the next moments of a rule, in nanoseconds since the epoch; there is at least one.

    Raises:
        RuleRefused: it is no rule, is over, or takes too long.
    """
    if "COUNT=" in rule.upper() and "DTSTART" not in rule.upper():
        raise RuleRefused(_NEEDS_START)
    command = [sys.executable, "-P", __file__]
    try:
        done = subprocess.run(
            command, input=json.dumps([rule, count]), capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise RuleRefused(_TOO_LONG) from error
    told = json.loads(done.stdout)
    if told["complaint"] is not None:
        raise RuleRefused(f"Invalid RRULE: {told['complaint']}")
    if not told["moments"]:
        raise RuleRefused(_NEVER)
    return [int(moment) for moment in told["moments"]]


def next_moments_of(rules: Sequence[str], *, count: int, timeout_s: float) -> list[list[int] | str | None]:
    """Find the next moments of several rules, most often in one process: of each the moments, in nanoseconds.

    Of a rule that cannot be followed it is the complaint, of one that takes too long None. Where several do, nothing
    further is tried: those behind them are None, too.
    """
    found: list[list[int] | str | None] = []
    for _ in range(_MOST_STUCK):
        found += _answered(rules[len(found) :], count, timeout_s)
        if len(found) == len(rules):
            return found
        found.append(None)
    return found + [None] * (len(rules) - len(found))


def _answered(rules: Sequence[str], count: int, timeout_s: float) -> list[list[int] | str | None]:
    """Evaluate rules until one takes too long: what was found of those before it."""
    command = [sys.executable, "-P", __file__]
    asked = json.dumps([[*rules], count]).encode()
    try:
        said = subprocess.run(command, input=asked, capture_output=True, timeout=timeout_s, check=True).stdout
    except subprocess.TimeoutExpired as error:
        said = error.stdout or b""
    # the last line may have been cut
    told = [json.loads(line) for line in said.split(b"\n")[:-1]]
    return [each["complaint"] or each["moments"] for each in told]


def _evaluate(text: str, count: int) -> dict[str, Any]:
    """Evaluate a rule: its next moments, or what is wrong with it."""
    now = datetime.now()  # noqa: DTZ005 - rules are of the clock on the wall
    moments: list[int] = []
    try:
        rule = _parse(text, now)
        for _ in range(count):
            moment = rule.after(now)
            if moment is None:
                break
            moments.append(int(moment.timestamp()) * 1_000_000_000)
            now = moment
    except (ValueError, TypeError, AttributeError, ArithmeticError, LookupError) as error:
        return {"complaint": str(error), "moments": []}
    return {"complaint": None, "moments": moments}


def _parse(text: str, now: datetime) -> Any:
    """Read a rule; one without a start begins now, or on the clock where it comes more often than daily."""
    from dateutil.rrule import rrulestr

    if "EXRULE" in text.upper():
        raise ValueError("EXRULE is not supported in recurrence rules")
    parsed: Any = rrulestr(text, ignoretz=True)
    # what dateutil made of a rule it keeps to itself
    rules = getattr(parsed, "_rrule", [parsed])
    if len(rules) > 1:
        raise ValueError("only one RRULE is supported per recurrence rule")
    read = _Read.of(rules[0], text)
    if read.step is None:
        begins = read.start or now.replace(second=0, microsecond=0)
    elif read.start and read.moments_until(now) <= _MOST_MOMENTS:
        begins = read.start
    else:
        begins = _EPOCH + ((now - _EPOCH) // read.step) * read.step
    if begins == read.start and not read.has_zone:
        return parsed
    parts = [part for part in text.split() if not part.upper().startswith("DTSTART")]
    return rrulestr("\n".join(parts) or text, dtstart=begins, ignoretz=True)


@dataclass(frozen=True)
class _Read:
    """Hold what a rule was read as: where it starts, how often it comes, and how often within that."""

    #: None: it does not say
    start: datetime | None
    has_zone: bool
    #: None: daily, or less often
    step: timedelta | None
    times: int

    @classmethod
    def of(cls, rule: Any, text: str) -> _Read:
        from dateutil.rrule import HOURLY, MINUTELY, SECONDLY

        units = {SECONDLY: timedelta(seconds=1), MINUTELY: timedelta(minutes=1), HOURLY: timedelta(hours=1)}
        unit, interval, start = (getattr(rule, name) for name in ("_freq", "_interval", "_dtstart"))
        if unit in units and interval < 1:
            raise ValueError("RRULE INTERVAL must be a positive integer")
        is_said = any(part.upper().startswith("DTSTART") for part in text.split())
        minutes, seconds = (getattr(rule, name) for name in ("_byminute", "_bysecond"))
        return cls(
            start=start.replace(tzinfo=None) if is_said else None,
            has_zone=start.tzinfo is not None,
            step=units[unit] * interval if unit in units else None,
            times=len(minutes or (0,)) * len(seconds or (0,)),
        )

    def moments_until(self, now: datetime) -> int:
        """Count, more or less, how often the rule came by now."""
        if self.start is None or self.step is None or now <= self.start:
            return 0
        return ((now - self.start) // self.step) * self.times


def _answer(asked: list[Any]) -> None:
    """Evaluate one rule, or a list of them, each answered on a line as soon as it is."""
    rules, count = asked
    if isinstance(rules, str):
        os.write(1, json.dumps(_evaluate(rules, count)).encode())
        return
    for rule in rules:
        os.write(1, f"{json.dumps(_evaluate(rule, count))}\n".encode())


if __name__ == "__main__":
    _answer(json.loads(sys.stdin.read()))
