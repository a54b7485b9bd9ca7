"""What the moderation filter promises."""

import asyncio

import pytest


@pytest.fixture
def plugin(load_plugin):
    plugin = load_plugin("plugins/filters/moderation_filter.py")
    plugin.valves.words = "darn, Übel, c++"
    return plugin


def ask(plugin, *contents):
    body = {"messages": [{"role": "user", "content": content} for content in contents]}
    return asyncio.run(plugin.instance.inlet(body))


def answer(plugin, content, role="assistant"):
    body = asyncio.run(plugin.instance.outlet({"messages": [{"role": role, "content": content}]}))
    return body["messages"][0]["content"]


@pytest.mark.parametrize("content", ["darn", "Oh DARN!", "so übel", "I like C++.", "two\ndarn\nlines"])
def test_a_listed_word_is_refused(plugin, content):
    with pytest.raises(ValueError, match="Your message contains a word that is not allowed here"):
        ask(plugin, content)


@pytest.mark.parametrize("content", ["", "hello", "darning socks", "Kübel", None])
def test_other_messages_pass_unchanged(plugin, content):
    assert ask(plugin, content)["messages"] == [{"role": "user", "content": content}]


def test_the_text_beside_a_picture_is_read(plugin):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    with pytest.raises(ValueError, match="not allowed"):
        ask(plugin, [picture, {"type": "text", "text": "darn"}])


def test_an_old_message_does_not_block_the_conversation(plugin):
    assert ask(plugin, "darn", "sorry")["messages"][-1]["content"] == "sorry"


def test_the_refusal_is_a_valve(plugin):
    plugin.valves.refusal = "Please rephrase."
    with pytest.raises(ValueError, match="Please rephrase"):
        ask(plugin, "darn")


def test_answers_are_masked(plugin):
    assert answer(plugin, "Darn it, darning is übel.") == "*** it, darning is ***."


def test_the_mask_is_taken_literally(plugin):
    plugin.valves.mask = r"\1"
    assert answer(plugin, "darn") == r"\1"


def test_what_people_wrote_is_not_masked(plugin):
    assert answer(plugin, "darn", role="user") == "darn"


def test_an_empty_list_allows_everything(plugin):
    plugin.valves.words = " , "
    assert ask(plugin, "darn , anything")
    assert answer(plugin, "darn") == "darn"
