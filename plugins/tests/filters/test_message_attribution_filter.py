"""What the attribution filter promises."""

import asyncio

import pytest


@pytest.fixture
def plugin(load_plugin):
    return load_plugin("plugins/filters/message_attribution_filter.py")


def ask(plugin, *messages, name="Ada"):
    user = {"name": name} if name else None
    body = asyncio.run(plugin.instance.inlet({"messages": list(messages)}, __user__=user))
    return body["messages"]


def user(content):
    return {"role": "user", "content": content}


def answer(plugin, content, model="gpt-x"):
    body = {"model": model, "messages": [user("hello"), {"role": "assistant", "content": content}]}
    return asyncio.run(plugin.instance.outlet(body))["messages"]


def test_the_model_is_told_who_speaks(plugin):
    assert ask(plugin, user("first"), user("second")) == [user("first"), user("[Ada] second")]


def test_a_name_is_put_once(plugin):
    assert ask(plugin, user("[Ada] again")) == [user("[Ada] again")]


def test_a_name_with_braces_is_only_a_name(plugin):
    assert ask(plugin, user("hi"), name="{name}") == [user("[{name}] hi")]


def test_without_a_name_nothing_changes(plugin):
    assert ask(plugin, user("hi"), name=None) == [user("hi")]


def test_the_text_beside_a_picture_gets_the_name(plugin):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    assert ask(plugin, user([picture, {"type": "text", "text": "look"}])) == [
        user([picture, {"type": "text", "text": "[Ada] look"}])
    ]


def test_people_are_told_which_model_answered(plugin):
    assert answer(plugin, "hi")[-1]["content"] == "hi\n\n*answered by gpt-x*"


def test_an_answer_is_signed_once(plugin):
    assert answer(plugin, "hi\n\n*answered by gpt-x*")[-1]["content"] == "hi\n\n*answered by gpt-x*"


def test_questions_are_not_signed(plugin):
    assert answer(plugin, "hi")[0] == user("hello")


def test_both_texts_are_valves(plugin):
    plugin.valves.question = "{name}: "
    plugin.valves.answer = " ({model})"
    assert ask(plugin, user("hi")) == [user("Ada: hi")]
    assert answer(plugin, "hi")[-1]["content"] == "hi (gpt-x)"
