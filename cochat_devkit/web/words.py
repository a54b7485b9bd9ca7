"""Words of the pages that no template knows beforehand: kinds and types, states and their tones, times that passed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnknownKind
from cochat_devkit.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Callable

#: how a state is coloured, by its word; what is in none of these is told in the tone of a clash
_TONES = {
    "in step": "calm",
    "edited here": "ours",
    "new here": "ours",
    "deleted here": "ours",
    "edited there": "theirs",
    "new there": "theirs",
    "deleted there": "theirs",
    "same on both sides": "calm",
    "unavailable": "hidden",
    "invisible": "hidden",
    "gone there": "theirs",
    "kept by the mirror alone": "calm",
}
#: what a step of a run did, by its action
ACTIONS = {
    "adopt": "found the same",
    "create-here": "created here",
    "update-here": "updated here",
    "delete-here": "deleted here",
    "create-there": "created there",
    "update-there": "updated there",
    "delete-there": "deleted there",
    "merge": "merged",
    # an early version did not say
    "": "done",
}
#: fields whose names say too little to a reader
_LABELS = {
    "base": "Base model",
    "content": "Text",
    "created_at": "Created",
    "is_pipe": "From a pipe",
    "last_run_at": "Last run",
    "max_runs": "Most runs",
    "meta": "Further settings",
    "params": "Parameters",
    "rrule": "Repeats",
    "system": "System prompt",
    "trigger_config": "Trigger settings",
}
#: what templates say by a variable, and no table of ours has: what servers and plugins often tell
SAID = (
    *("Created", "Last run", "public", "private", "read", "write"),
    *("Author", "Author url", "Funding url", "Git url", "Icon url", "License", "Note", "Requirements", "Version"),
    "Required open webui version",
)
_DAY_S = 86_400
#: from the longest: how many seconds a unit has, how one of it is said, and how many are
SPANS = (
    (_DAY_S, "1 day ago", "{count} days ago"),
    (3600, "1 hour ago", "{count} hours ago"),
    (60, "1 minute ago", "{count} minutes ago"),
)
#: what is older is dated
_MOST_DAYS = 30


def one_of(type_: str) -> str:
    """Name one resource of a type, in English: "base model"."""
    return type_.replace("-", " ")


def many_of(type_: str) -> str:
    """Name the resources of a type, in English: "Base models"."""
    try:
        kind, within = kind_named(type_)
    except UnknownKind:
        # of a newer server
        return one_of(type_).capitalize()
    return one_of(f"{within}s" if within else kind.plural).capitalize()


def label_of(field: str) -> str:
    """Name a field of a resource, in English: "Default filters"."""
    words = field.replace("_", " ").strip()
    return _LABELS.get(field) or words[:1].upper() + words[1:]


def action_of(word: str) -> str:
    """Say what a step did, in English."""
    return ACTIONS.get(word, word)


def tone(state: str) -> str:
    """Name the class of the colours of a state."""
    return _TONES.get(state, "clash")


def to_instant(value: datetime | str) -> datetime:
    """Read an instant as the mirror writes it."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC)


def date_of(at: datetime) -> str:
    """Date an instant, where nobody knows when it will be read."""
    return at.strftime("%Y-%m-%d")


def ago(at: datetime, now: datetime, t: Callable[..., str]) -> str:
    """Say how long ago an instant was; of what is long past, or yet to come, its date."""
    past_s = (now - at).total_seconds()
    if past_s < 0 or past_s >= _MOST_DAYS * _DAY_S:
        return date_of(at)
    for unit_s, one, many in SPANS:
        count = int(past_s // unit_s)
        if count:
            return t(one) if count == 1 else t(many, count=count)
    return t("just now")
