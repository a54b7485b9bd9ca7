"""What became of a write whose answer nobody heard: told by what was, was sent, and is there now. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cochat_devkit.resource import is_same_json
from cochat_devkit.sync.describe import changed_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cochat_devkit.resource import Json


class Verdict(StrEnum):
    """Say what became of a write."""

    #: it holds what we sent
    DONE = "done"
    #: it holds what was: nothing was done
    UNTOUCHED = "untouched"
    #: some of our fields arrived and the others are as before: what is missing is still to be sent
    PARTLY = "partly"
    #: it holds neither: somebody else wrote
    OTHER = "other"


def judge(
    before: Mapping[str, Json] | None,
    sent: Mapping[str, Json] | None,
    now: Mapping[str, Json] | None,
    *,
    sent_later: Collection[str] = (),
    sent_by_entry: Collection[str] = (),
) -> Verdict:
    """Tell what became of a write; None is a resource that is not there.

    `sent_later` are fields that requests of their own write after a create; `sent_by_entry` are mappings of which each
    entry is written by requests of its own, and replaced by taking it away first.
    """
    if now is None or sent is None or before is None:
        return _judge_existence(before, sent, now, sent_later)
    if not changed_names(sent, now):
        return Verdict.DONE
    if not changed_names(before, now):
        return Verdict.UNTOUCHED
    foreign = [
        name
        for name in changed_names(sent, now)
        if name in changed_names(before, now)
        and not (name in sent_by_entry and _is_between(before.get(name), sent.get(name), now.get(name)))
    ]
    return Verdict.OTHER if foreign else Verdict.PARTLY


def find_untaken(
    before: Mapping[str, Json],
    sent: Mapping[str, Json],
    now: Mapping[str, Json],
    *,
    never_rewritten: Collection[str] = (),
) -> list[str]:
    """Name the fields that a server which took a write left as they were, or otherwise than sent.

    What is neither as it was nor as it was sent may be the server's way to write it, but for what is `never_rewritten`.
    """
    return [
        name
        for name in changed_names(before, sent)
        if name in now
        and not is_same_json(sent.get(name), now[name])
        and (name in never_rewritten or is_same_json(before.get(name), now[name]))
    ]


def agreed_after(
    before: Mapping[str, Json] | None,
    sent: Mapping[str, Json],
    now: Mapping[str, Json],
    verdict: Verdict,
    *,
    sent_by_entry: Collection[str] = (),
) -> dict[str, Json]:
    """Tell what both sides agree on after a write: what is there now, without what somebody else changed beside it.

    `before` is None after a create; `verdict` says whether all that we sent arrived, or a part. What we sent as it was
    and is another now, nobody here has seen: as to that, the two agree on what was. Of the mappings `sent_by_entry`,
    which no server rewrites, they agree on what we sent, or on what of it is there.
    """
    was = before or {}
    agreed = dict(now)
    for name, found in now.items():
        if name in sent_by_entry and name in sent:
            is_whole = verdict is Verdict.DONE
            agreed[name] = sent[name] if is_whole else _arrived(was.get(name, {}), sent[name], found)
        elif name in was and is_same_json(was[name], sent.get(name)):
            agreed[name] = was[name]
    return agreed


def _arrived(before: Json, sent: Json, now: Json) -> dict[str, Json]:
    """Pick the entries that are as they were or as they were sent."""
    return {
        name: each
        for name, each in now.items()
        if any(name in side and is_same_json(each, side[name]) for side in (before, sent))
    }


def _is_between(before: Json, sent: Json, now: Json) -> bool:
    """Tell whether each entry is as it was, as it was sent, or taken away to be replaced."""
    if not all(isinstance(each, dict) for each in (before, sent, now)):
        return False
    moved = set(changed_names(before, now)) & set(changed_names(sent, now))
    replaced = {name for name in changed_names(before, sent) if name in before and name in sent}
    return all(name not in now and name in replaced for name in moved)


def _judge_existence(
    before: Mapping[str, Json] | None,
    sent: Mapping[str, Json] | None,
    now: Mapping[str, Json] | None,
    sent_later: Collection[str],
) -> Verdict:
    """Judge a create, a delete, or an update of what is gone."""
    if now is None:
        return Verdict.DONE if sent is None else Verdict.UNTOUCHED if before is None else Verdict.OTHER
    if sent is None:
        return Verdict.UNTOUCHED if before is not None and not changed_names(before, now) else Verdict.OTHER
    differing = set(changed_names(sent, now))
    if not differing:
        return Verdict.DONE
    return Verdict.PARTLY if differing <= set(sent_later) else Verdict.OTHER
