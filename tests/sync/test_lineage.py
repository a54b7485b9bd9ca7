"""The order of a server's versions: never a child before its parent, and times only where descent says nothing."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.sync.lineage import VersionNode, order_versions, place_versions

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
        assert [each.made_at_us for each in ordered] == sorted(each.made_at_us for each in ordered)


def test_one_second_and_random_ids():
    """Ten saves within a second, with ids that sort the other way, keep the order in which they were made."""
    chain = [VersionNode(name, parent, 7) for name, parent in zip("jihgfedcba", [None, *"jihgfedcb"], strict=True)]
    assert [each.id for each in order_versions(reversed(chain))] == list("jihgfedcba")


def test_a_clock_that_went_back():
    """A child that claims to be older than its parent is given its parent's time."""
    ordered = order_versions([VersionNode("child", "parent", 1), VersionNode("parent", None, 5)])
    assert [(each.id, each.made_at_us) for each in ordered] == [("parent", 5), ("child", 5)]


@given(
    st.lists(st.integers(0, 9), min_size=2, max_size=8),
    st.dictionaries(st.integers(0, 7), st.just(None), min_size=1),
    st.integers(-5, 5),
)
def test_what_we_saw_and_what_we_are_told_make_one_line(times, seen, skew):
    """Versions told by a server with another clock stand between those that we saw, in the order of their descent."""
    chain = [VersionNode(f"v{n}", f"v{n - 1}" if n else None, at * 1_000_000) for n, at in enumerate(sorted(times))]
    ours = {f"v{n}": 100_000_000 + n * 7 + skew for n in seen if n < len(chain)}
    placed = place_versions(reversed(chain), ours)
    assert [each.id for each in placed] == [each.id for each in chain]
    assert [each.made_at_us for each in placed] == sorted(each.made_at_us for each in placed)
    assert all(each.made_at_us == ours[each.id] for each in placed if each.id in ours)
    for one, next_ in pairwise(placed):
        if next_.id in ours and one.id not in ours:
            assert one.made_at_us < next_.made_at_us, "a tie would be broken by who came into the table first"


def test_a_servers_clock_that_is_ahead():
    """A version between two that we saw stays between them, though the server says that it was made tomorrow."""
    chain = [VersionNode("a", None, 10), VersionNode("b", "a", 9_000), VersionNode("c", "b", 9_001)]
    assert [each.made_at_us for each in place_versions(chain, {"a": 100, "c": 200})] == [100, 199, 200]
    early = [VersionNode("a", None, 10), VersionNode("b", "a", 11), VersionNode("c", "b", 12)]
    assert [each.made_at_us for each in place_versions(early, {"a": 100, "c": 200})] == [100, 100, 200]


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
