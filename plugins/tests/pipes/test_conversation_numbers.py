"""What the pipe that counts promises."""

import pytest

MESSAGES = [
    {"role": "system", "content": "Be kind, be kind, be kind."},
    {"role": "user", "content": "Where does the river begin?"},
    {"role": "assistant", "content": "The river begins in the hills."},
    {"role": "user", "content": [{"type": "text", "text": "Which hills?"}, {"type": "image_url", "image_url": {}}]},
]


@pytest.fixture
def lines(run_pipe):
    """Ask one of the models, and read its answer line by line."""
    return lambda model, messages=MESSAGES: run_pipe(
        {"model": f"conversation_numbers.{model}", "messages": messages}
    ).text.splitlines()


def test_words_are_counted_and_the_frequent_ones_listed(lines):
    assert lines("words") == ["13 words, 9 of them different", "- river: 2", "- hills: 2", "- where: 1"]


def test_messages_are_counted_by_who_spoke(lines):
    assert lines("messages") == ["3 messages", "- assistant: 1", "- user: 2"]


def test_how_many_words_are_listed_is_a_valve(plugin, lines):
    plugin.valves.most_frequent = 1
    plugin.valves.min_letters = 3
    assert lines("words")[1:] == ["- the: 3"]


def test_an_empty_conversation_is_no_error(lines):
    assert lines("words", []) == ["0 words, 0 of them different"]
    assert lines("messages", []) == ["0 messages"]


def test_the_answer_comes_line_by_line(run_pipe):
    answer = run_pipe({"model": "conversation_numbers.messages", "messages": MESSAGES})
    pieces = [chunk["choices"][0]["delta"].get("content") for chunk in answer.chunks]
    assert pieces == ["3 messages\n", "- assistant: 1\n", "- user: 2\n", None]


def test_the_last_status_is_done(lines, events):
    lines("words")
    events.assert_sequence(
        [{"type": "status", "data": {"done": False}}, {"type": "status", "data": {"done": True}}],
    )


def test_people_choose_between_two_models(plugin):
    assert [plugin.instance.name + each["name"] for each in plugin.instance.pipes()] == [
        "Numbers: words",
        "Numbers: messages",
    ]


def test_people_read_it_in_a_chat(plugin, chat):
    assert chat("One two", model=f"{plugin.id}.messages").text.splitlines() == ["1 messages", "- user: 1"]
