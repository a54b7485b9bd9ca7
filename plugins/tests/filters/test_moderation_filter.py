"""What the moderation filter promises."""

import pytest


@pytest.fixture(autouse=True)
def _words(plugin):
    plugin.valves.words = "darn, Übel, c++"


@pytest.fixture
def ask(run_filter):
    """Ask a model, and see what it is given."""

    def ask(*contents):
        body = {"messages": [{"role": "user", "content": content} for content in contents]}
        return run_filter("inlet", body).body["messages"]

    return ask


@pytest.fixture
def answer(run_filter):
    """Let a model answer, and see what people read."""

    def answer(content, role="assistant"):
        return run_filter("outlet", {"messages": [{"role": role, "content": content}]}).body["messages"][0]["content"]

    return answer


@pytest.mark.parametrize("content", ["darn", "Oh DARN!", "so übel", "I like C++.", "two\ndarn\nlines"])
def test_a_listed_word_is_refused(ask, content):
    with pytest.raises(ValueError, match="Your message contains a word that is not allowed here"):
        ask(content)


@pytest.mark.parametrize("content", ["", "hello", "darning socks", "Kübel", None])
def test_other_messages_pass_unchanged(ask, content):
    assert ask(content) == [{"role": "user", "content": content}]


def test_the_text_beside_a_picture_is_read(ask):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    with pytest.raises(ValueError, match="not allowed"):
        ask([picture, {"type": "text", "text": "darn"}])


def test_an_old_message_does_not_block_the_conversation(ask):
    assert ask("darn", "sorry")[-1]["content"] == "sorry"


def test_the_refusal_is_a_valve(plugin, ask):
    plugin.valves.refusal = "Please rephrase."
    with pytest.raises(ValueError, match="Please rephrase"):
        ask("darn")


def test_answers_are_masked(answer):
    assert answer("Darn it, darning is übel.") == "*** it, darning is ***."


def test_the_mask_is_taken_literally(plugin, answer):
    plugin.valves.mask = r"\1"
    assert answer("darn") == r"\1"


def test_what_people_wrote_is_not_masked(answer):
    assert answer("darn", role="user") == "darn"


def test_an_empty_list_allows_everything(plugin, ask, answer):
    plugin.valves.words = " , "
    assert ask("darn , anything")
    assert answer("darn") == "darn"


def test_a_refused_message_never_reaches_the_model(chat, model):
    turn = chat("darn it")
    assert turn.error.message == "Your message contains a word that is not allowed here."
    assert model.requests == []


def test_people_read_the_masked_answer(chat, model):
    model.says("Oh darn")
    assert chat("Hello").text == "Oh ***"
