"""The plan: written and read back to the byte, in the order of writing, refused when anything moved."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit.errors import BadResource, StalePlan, UnsafePlan
from cochat_devkit.resource import Fingerprint, Key, RemoteId, Slug, State, Version
from cochat_devkit.sync.decide import ABSENT, Action, Base, Policy, Reason, Side, present
from cochat_devkit.sync.plan import (
    PLAN_FORMAT,
    WRITES,
    Expected,
    Operation,
    Plan,
    PlanTarget,
    Sight,
    check_plan,
    find_moved,
    order_of,
    parse_plan,
    plan_sync,
    render_plan,
)

ORDER = {"file": 1, "tool": 5, "agent": 9}
TARGET = PlanTarget("main", "https://server.test", "u1")

words = st.text(st.characters(codec="utf-8"), max_size=12)
maybe = st.none() | words
keys = st.builds(Key, st.sampled_from(sorted(ORDER)), words.map(Slug))
expectations = st.builds(Expected, maybe, maybe, maybe)
operations = st.builds(
    Operation,
    keys,
    words,
    st.sampled_from(WRITES),
    st.sampled_from(Reason).map(str),
    expectations,
    maybe,
    maybe,
    st.lists(words, max_size=3).map(tuple),
    st.lists(words, max_size=3).map(tuple),
)
targets = st.builds(PlanTarget, words, words, words)
plans = st.builds(
    Plan, words, targets, st.lists(operations, max_size=4).map(tuple), words, st.none() | st.integers(1, 10**6)
)
prints = st.sampled_from("ABCD").map(Fingerprint)
sides = st.one_of(
    prints.map(present),
    st.sampled_from([State.ABSENT, State.UNREADABLE, State.NOT_LISTED, State.UNPROVEN, State.NEVER_MET]).map(Side),
)
bases = st.one_of(st.none(), st.builds(Base, prints, prints))
sights = st.lists(st.builds(Sight, keys, bases, sides, sides), max_size=12, unique_by=lambda each: each.key)


def make_plan(*operations):
    return Plan("lineage", TARGET, operations or (make_operation(),))


def make_operation(slug="x", action=Action.UPDATE_THERE, **more):
    known = {"expected": Expected(Fingerprint("A"), Version("v1"), Fingerprint("B")), "remote_id": RemoteId(slug)}
    return Operation(Key("tool", Slug(slug)), "", action, str(Reason.EDITED_HERE), **(known | more))


@given(plans)
def test_a_plan_is_read_as_it_was_written(plan):
    """What I saved is what is carried out, whatever is in it."""
    text = render_plan(plan)
    read = parse_plan(text, "plan.json")
    assert read == plan
    assert (render_plan(read), read.checksum) == (text, plan.checksum)


@given(plans, st.data())
def test_a_changed_byte_is_seen(plan, data):
    """Whatever single byte is changed, taken out or put in: the plan is refused."""
    text = render_plan(plan)
    place = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.characters(min_codepoint=9, max_codepoint=126).filter(lambda each: each != text[place]))
    for changed in (text[:place] + char + text[place + 1 :], text[:place] + text[place + 1 :], text + char):
        if changed != text:
            with pytest.raises(BadResource):
                parse_plan(changed, "plan.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", '{"format": 1}', '{"a": 1}', "[" * 100_000])
def test_what_is_no_plan_is_refused(text):
    """A file that is something else is named and refused, and nothing breaks."""
    with pytest.raises(BadResource, match=r"plan\.json"):
        parse_plan(text, "plan.json")


def test_a_plan_of_a_newer_version_says_so():
    """I am told which format it has, and what to do."""
    found = {**json.loads(render_plan(make_plan())), "format": PLAN_FORMAT + 1}
    with pytest.raises(BadResource, match=f"format {PLAN_FORMAT + 1}") as raised:
        parse_plan(json.dumps(found), "plan.json")
    assert "apply it with the version that made it" in str(raised.value.hint)


@given(sights, st.booleans())
def test_every_sight_is_decided_once(seen, delete):
    """Each resource that is not in step is an operation or told of, and none is both."""
    planned = plan_sync(seen, ORDER, Policy(delete=delete))
    done = [each.key for each in planned.operations] + [sight.key for sight, _decision in planned.others]
    assert len(done) == len(set(done))
    assert all(each.action in WRITES for each in planned.operations)
    assert delete or not any(each.action is Action.DELETE_THERE for each in planned.operations)
    assert all(decision.action not in WRITES for _sight, decision in planned.others)


@given(sights)
def test_the_order_is_that_of_writing(seen):
    """What others name is written before them, and deleted after them; the order never depends on what came first."""
    planned = plan_sync(seen, ORDER, Policy(delete=True)).operations
    assert planned == plan_sync(reversed(seen), ORDER, Policy(delete=True)).operations
    assert list(planned) == sorted(planned, key=lambda each: order_of(each, ORDER))
    written = [ORDER[each.key.kind] for each in planned if each.action is not Action.DELETE_THERE]
    deleted = [ORDER[each.key.kind] for each in planned if each.action is Action.DELETE_THERE]
    assert written == sorted(written)
    assert deleted == sorted(deleted, reverse=True)
    assert [each.action is Action.DELETE_THERE for each in planned] == [False] * len(written) + [True] * len(deleted)


def test_what_is_named_by_others_is_written_first_and_deleted_last():
    """An agent is written after the tools it names, and deleted before them; deletions come last of all."""
    agreed = Base(Fingerprint("A"), Fingerprint("A"))
    seen = [
        Sight(Key("agent", Slug("new")), None, present(Fingerprint("A")), ABSENT),
        Sight(Key("tool", Slug("old")), agreed, ABSENT, present(Fingerprint("A"))),
        Sight(Key("tool", Slug("new")), None, present(Fingerprint("A")), ABSENT),
        Sight(Key("agent", Slug("old")), agreed, ABSENT, present(Fingerprint("A"))),
    ]
    planned = plan_sync(seen, ORDER, Policy(delete=True)).operations
    assert [str(each.key) for each in planned] == ["tool/new", "agent/new", "agent/old", "tool/old"]


@given(sights)
def test_nothing_moved_where_nothing_moved(seen):
    """A plan is fresh against what it was made of."""
    by_key = {each.key: each for each in seen}
    for operation in plan_sync(seen, ORDER, Policy(delete=True)).operations:
        sight = by_key[operation.key]
        assert find_moved(operation, sight.local, sight.remote, sight.version) is None


@pytest.mark.parametrize(
    ("local", "remote", "version", "said"),
    [
        (present(Fingerprint("B")), present(Fingerprint("A")), "v1", None),
        (present(Fingerprint("C")), present(Fingerprint("A")), "v1", "here: edited since"),
        (ABSENT, present(Fingerprint("A")), "v1", "here: was there, and is gone"),
        (present(Fingerprint("B")), present(Fingerprint("C")), "v1", "there: edited since"),
        (present(Fingerprint("B")), ABSENT, None, "there: was there, and is gone"),
        (present(Fingerprint("B")), present(Fingerprint("A")), "v2", "there: saved again since"),
        (Side(State.UNREADABLE), present(Fingerprint("A")), "v1", "here: cannot be seen now"),
        (present(Fingerprint("B")), Side(State.NOT_LISTED), "v1", "there: cannot be seen now"),
    ],
)
def test_whatever_moved_is_named(local, remote, version, said):
    """I am told which side moved, and how."""
    assert find_moved(make_operation(), local, remote, version) == said


def test_what_was_absent_may_not_appear():
    """A create is stale as soon as something is there."""
    create = make_operation(action=Action.CREATE_THERE, expected=Expected(None, None, Fingerprint("B")))
    assert find_moved(create, present(Fingerprint("B")), ABSENT, None) is None
    found = find_moved(create, present(Fingerprint("B")), present(Fingerprint("B")), None)
    assert found == "there: was not there, and is now"


def test_a_server_without_versions_is_judged_by_content():
    """Where there is no change token, equal content is fresh."""
    operation = make_operation(expected=Expected(Fingerprint("A"), None, Fingerprint("B")))
    assert find_moved(operation, present(Fingerprint("B")), present(Fingerprint("A")), Version("any")) is None


def test_a_plan_that_deletes_much_needs_the_number():
    """The gates look at the plan itself, also at one that was saved."""
    plan = make_plan(*(make_operation(f"x{number}", Action.DELETE_THERE) for number in range(5)))
    with pytest.raises(UnsafePlan, match="5 of 10 tools"):
        check_plan(plan, {"tool": 10}, confirmed=None)
    check_plan(plan, {"tool": 10}, confirmed=5)
    check_plan(make_plan(), {"tool": 1}, confirmed=None)


def test_the_checksum_is_of_everything():
    """Two plans that differ in anything have different checksums."""
    plan = make_plan()
    others = [
        replace(plan, lineage="other"),
        replace(plan, message="m"),
        replace(plan, undoes=1),
        replace(plan, target=replace(TARGET, user_id="u2")),
        make_plan(make_operation(fields=("a",))),
        make_plan(make_operation(expected=Expected())),
        make_plan(make_operation(body_digest="d")),
        make_plan(make_operation(), make_operation("y")),
    ]
    assert len({each.checksum for each in (plan, *others)}) == len(others) + 1


def test_stale_is_a_difference():
    """A stale plan exits as any difference does: 3."""
    assert StalePlan("moved").exit_code == 3


def test_what_is_in_step_is_no_part_of_a_plan():
    """A plan names what is written, and what else is not in step: a deletion that may not be, and what stops."""
    a, b, c = (present(Fingerprint(each)) for each in "ABC")
    base = Base(Fingerprint("A"), Fingerprint("A"))
    seen = {
        "in_step": (base, a, a),
        "kept_there": (base, ABSENT, a),
        "gone": (base, ABSENT, ABSENT),
        "both": (base, b, c),
        "new": (None, a, b),
        "hidden": (base, b, Side(State.NOT_LISTED)),
        "written": (base, b, a),
    }
    planned = plan_sync(
        [Sight(Key("tool", Slug(slug)), *sides) for slug, sides in seen.items()], ORDER, Policy(delete=False)
    )
    assert [(each.key.slug, each.type) for each in planned.operations] == [("written", "")]
    assert {sight.key.slug: decision.action for sight, decision in planned.others} == {
        "kept_there": Action.NOTHING,
        "gone": Action.FORGET,
        "both": Action.MERGE,
        "new": Action.CONFLICT,
        "hidden": Action.SKIP,
    }
    assert {sight.key.slug for sight, _ in planned.stopped()} == {"both", "new", "hidden"}


def test_what_has_no_place_in_the_order_comes_first():
    """A kind that nobody ordered is named by others, for all that is known."""
    unknown, known = make_operation(), replace(make_operation(), key=Key("file", Slug("a")))
    assert order_of(unknown, {"file": 1}) < order_of(known, {"file": 1})


_SAVED = r"""{
  "checksum": "9d36daf35ae00d25e7d81a7346fa83d96a71ea52b8c26b7a95f0608e3ffe5534",
  "format": 1,
  "lineage": "lineage",
  "message": "",
  "operations": [
    {
      "action": "update-there",
      "body_digest": "d",
      "expected": {
        "local": "B",
        "remote": "A",
        "version": "v1"
      },
      "fields": [
        "content"
      ],
      "kind": "tool",
      "lines": [
        "content: +1 -0 lines"
      ],
      "reason": "edited here",
      "remote_id": "gr\u00f6\u00dfe",
      "slug": "gr\u00f6\u00dfe",
      "type": ""
    }
  ],
  "target": {
    "name": "main",
    "url": "https://server.test",
    "user_id": "u1"
  },
  "undoes": null
}
"""


def test_a_plan_that_was_saved_before_is_read():
    """The document stays as it is: its bytes, its format, its checksum."""
    operation = make_operation("größe", fields=("content",), lines=("content: +1 -0 lines",), body_digest="d")
    plan = Plan("lineage", TARGET, (operation,))
    assert render_plan(plan) == _SAVED
    assert parse_plan(_SAVED, "plan.json") == plan


def test_what_is_no_plan_says_how_to_make_one():
    """The way out is named."""
    with pytest.raises(BadResource) as raised:
        parse_plan("{}", "plan.json")
    assert raised.value.hint == "make it anew: cochat push --out PLAN"
