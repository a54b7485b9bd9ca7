"""What the checklist button promises."""

import pytest


@pytest.fixture
def press(run_action, ui):
    """Press the button below an answer, and say yes when asked."""
    ui.confirm(True)
    return lambda content: run_action({"messages": [{"role": "assistant", "content": content}]})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("To do:\n- bread\n- milk", "To do:\n- [ ] bread\n- [ ] milk"),
        ("1. first\n2) second", "- [ ] first\n- [ ] second"),
        ("* one\n  + two", "- [ ] one\n  - [ ] two"),
        ("- [x] done\n- open", "- [x] done\n- [ ] open"),
    ],
)
def test_a_list_becomes_a_checklist(press, events, before, after):
    press(before)
    assert events.last == {"type": "replace", "data": {"content": after}}


@pytest.mark.parametrize("text", ["", "No list here.", "5-3 = 2", "- [ ] open already", "**bold**"])
def test_people_are_told_where_there_is_no_list(press, events, text):
    press(text)
    events.assert_sequence([{"type": "notification", "data": {"type": "info"}}])


def test_people_are_asked_how_much_changes(press, events):
    press("- a\n- b")
    (question,) = events.of("confirmation")
    assert question["data"]["message"] == "2 items of the answer become boxes to tick."


@pytest.mark.parametrize("answer", [lambda ui: ui.confirm(False), lambda ui: ui.disconnect(), lambda ui: ui.timeout()])
def test_only_a_yes_is_a_yes(run_action, ui, events, answer):
    """A page that was closed answers with an error, which is truthy."""
    answer(ui)
    run_action({"messages": [{"role": "assistant", "content": "- a"}]})
    assert events.of("replace") == []


def test_asking_first_is_a_valve(plugin, press, events):
    plugin.valves.ask_first = False
    press("- a")
    events.assert_sequence(["replace"])
