"""The safety gates: which plans are not carried out without a second word. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cochat_devkit.errors import UnsafePlan
from cochat_devkit.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.resource import Key

#: deletions of one kind beyond either need their exact number repeated
MOST_DELETIONS = 20
MOST_SHARE = 0.2


def check_deletions(doomed: Sequence[Key], totals: Mapping[str, int], *, confirmed: int | None) -> None:
    """Let a plan's deletions pass, or not. `totals` counts what there is of each kind.

    Raises:
        UnsafePlan: many of a kind would go, or all of it, and `confirmed` is not the exact number.
    """
    if not doomed or confirmed == len(doomed):
        return
    for kind, count in Counter(key.kind for key in doomed).items():
        total = totals.get(kind, 0)
        if count > MOST_DELETIONS or count > MOST_SHARE * total or count >= total:
            raise UnsafePlan(
                f"this would delete {count} of {total} {kind_named(kind)[0].plural} on the server",
                hint=f"if that is meant, add --confirm-deletes {len(doomed)}",
            )
