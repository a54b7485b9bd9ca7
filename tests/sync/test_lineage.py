"""The order of a server's versions: never a child before its parent, and times only where descent says nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.lineage import VersionNode, order_versions

names = st.sampled_from("abcdefgh")
nodes = st.lists(
    st.builds(VersionNode, names, st.none() | names | st.just("elsewhere"), st.integers(0, 3)),
    unique_by=lambda each: each.id,
)


@given(nodes, st.randoms(use_true_random=False))
def test_parents_come_first(found, chance):
    """Whatever order, times and gaps a server tells, a version is never older than the one it was made from."""
    ordered = order_versions(found)
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert sorted(each.id for each in ordered) == sorted(each.id for each in found)
    if not _has_circle(found):
        assert order_versions(shuffled) == ordered
        place = {each.id: number for number, each in enumerate(ordered)}
        assert all(place[each.parent_id] < place[each.id] for each in found if each.parent_id in place)
        assert [each.made_at_s for each in ordered] == sorted(each.made_at_s for each in ordered)


def test_one_second_and_random_ids():
    """Ten saves within a second, with ids that sort the other way, keep the order in which they were made."""
    chain = [VersionNode(name, parent, 7) for name, parent in zip("jihgfedcba", [None, *"jihgfedcb"], strict=True)]
    assert [each.id for each in order_versions(reversed(chain))] == list("jihgfedcba")


def test_a_clock_that_went_back():
    """A child that claims to be older than its parent is given its parent's time."""
    ordered = order_versions([VersionNode("child", "parent", 1), VersionNode("parent", None, 5)])
    assert [(each.id, each.made_at_s) for each in ordered] == [("parent", 5), ("child", 5)]


def _has_circle(found):
    parents = {each.id: each.parent_id for each in found}
    for start in parents:
        at, seen = start, set()
        while at in parents and at not in seen:
            seen.add(at)
            at = parents[at]
        if at in seen:
            return True
    return False
