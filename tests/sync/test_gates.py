"""The safety gates: what would delete much needs a second word."""

from __future__ import annotations

import pytest

from cochat_devkit.errors import UnsafePlan
from cochat_devkit.resource import Key, Slug
from cochat_devkit.sync.gates import check_deletions


def doomed(kind, count):
    return [Key(kind, Slug(f"x{number}")) for number in range(count)]


@pytest.mark.parametrize(
    ("count", "total", "passes"),
    [
        (0, 0, True),
        (1, 100, True),
        (20, 100, True),
        (21, 1000, False),
        (20, 1000, True),
        (1, 5, True),
        (2, 9, False),
        (1, 4, False),
        (1, 1, False),
        (3, 15, True),
        (4, 15, False),
        (5, 0, False),
    ],
)
def test_many_deletions_need_their_number(count, total, passes):
    """More than 20, more than a fifth, or all of a kind go only when I repeat how many."""
    keys = doomed("tool", count)
    if passes:
        check_deletions(keys, {"tool": total}, confirmed=None)
        return
    with pytest.raises(UnsafePlan, match=f"delete {count} of {total} tools") as raised:
        check_deletions(keys, {"tool": total}, confirmed=None)
    assert raised.value.hint == f"if that is meant, add --confirm-deletes {count}"
    check_deletions(keys, {"tool": total}, confirmed=count)


@pytest.mark.parametrize("confirmed", [0, 29, 31, -1])
def test_only_the_exact_number_confirms(confirmed):
    """A number that I wrote for another plan does not open the gate of this one."""
    with pytest.raises(UnsafePlan):
        check_deletions(doomed("tool", 30), {"tool": 1000}, confirmed=confirmed)


def test_each_kind_is_counted_for_itself():
    """Many tools do not hide that the last function would go; the number to confirm is that of the whole plan."""
    keys = [*doomed("tool", 2), *doomed("function", 1)]
    with pytest.raises(UnsafePlan, match="1 of 1 functions") as raised:
        check_deletions(keys, {"tool": 100, "function": 1}, confirmed=None)
    assert "--confirm-deletes 3" in str(raised.value.hint)
    check_deletions(keys, {"tool": 100, "function": 1}, confirmed=3)
