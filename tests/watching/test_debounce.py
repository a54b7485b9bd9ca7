"""A burst of events is one round, and no event is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.watching.debounce import Debouncer

times = st.floats(0, 10, allow_nan=False)
histories = st.lists(st.tuples(st.sampled_from("abc"), times), max_size=20).map(
    lambda each: sorted(each, key=lambda x: x[1])
)
quiets = st.floats(0, 2, allow_nan=False)


def test_a_save_of_many_events_is_one_round():
    """An editor that writes, renames and touches makes one check, once it is done."""
    held = Debouncer(quiet_s=0.1)
    for at_s in (0.0, 0.05, 0.1):
        held.note("x.py", at_s)
        assert held.take_quiet(at_s + 0.04) == []
    assert held.take_quiet(0.25) == ["x.py"]
    assert held.take_quiet(9.0) == []
    assert held.wait_s(9.0) is None


@given(histories, quiets)
def test_each_path_comes_once_after_its_last_event(history, quiet_s):
    """Nothing is lost, nothing comes twice, nothing comes early."""
    held = Debouncer(quiet_s)
    for path, at_s in history:
        held.note(path, at_s)
    last = dict(history)
    taken = []
    for now_s in sorted({at_s + quiet_s for at_s in last.values()} | {5.0, 12.5}):
        ready = held.take_quiet(now_s)
        assert ready == sorted(ready)
        assert all(now_s >= last[path] + quiet_s for path in ready)
        taken += ready
    assert sorted(taken) == sorted(last)


@given(histories, quiets, times)
def test_waiting_as_long_as_it_says_is_enough(history, quiet_s, now_s):
    """The loop that waits by it neither spins nor oversleeps."""
    held = Debouncer(quiet_s)
    for path, at_s in history:
        held.note(path, at_s)
    rounds = 0
    now_s = max([now_s, *(at_s for _, at_s in history)])
    while (wait_s := held.wait_s(now_s)) is not None:
        assert 0.0 <= wait_s <= quiet_s + 1e-9
        due_s = min(at_s + quiet_s for path, at_s in dict(history).items() if path in held._last_event_s)
        now_s = max(now_s, due_s)
        assert held.wait_s(now_s) == 0.0
        assert held.take_quiet(now_s)
        rounds += 1
    assert rounds <= 3
