"""What the attribution filter promises."""

import pytest


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


@pytest.fixture
def ask(run_filter, as_user):
    """Ask as Ada, and see what the model is given."""
    as_user(name="Ada")
    return lambda *messages: run_filter("inlet", {"messages": list(messages)}).body["messages"]


@pytest.fixture
def answer(run_filter):
    """Let a model answer, and see what people read."""

    def answer(content):
        body = {"model": "gpt-x", "messages": [user("hello"), assistant(content)]}
        return run_filter("outlet", body).body["messages"]

    return answer


def test_the_model_is_told_who_speaks(ask):
    assert ask(user("first"), user("second")) == [user("first"), user("[Ada] second")]


def test_a_name_is_put_once(ask):
    assert ask(user("[Ada] again")) == [user("[Ada] again")]


def test_a_name_with_braces_is_only_a_name(ask, as_user):
    as_user(name="{name}")
    assert ask(user("hi")) == [user("[{name}] hi")]


def test_without_a_name_nothing_changes(ask, as_user):
    as_user(name="")
    assert ask(user("hi")) == [user("hi")]


def test_the_text_beside_a_picture_gets_the_name(ask):
    picture = {"type": "image_url", "image_url": {"url": "data:,"}}
    assert ask(user([picture, {"type": "text", "text": "look"}])) == [
        user([picture, {"type": "text", "text": "[Ada] look"}])
    ]


def test_people_are_told_which_model_answered(answer):
    assert answer("hi")[-1] == assistant("hi\n\n*answered by gpt-x*")


def test_an_answer_is_signed_once(answer):
    assert answer("hi\n\n*answered by gpt-x*")[-1] == assistant("hi\n\n*answered by gpt-x*")


def test_questions_are_not_signed(answer):
    assert answer("hi")[0] == user("hello")


def test_both_texts_are_valves(plugin, ask, answer):
    plugin.valves.question = "{name}: "
    plugin.valves.answer = " ({model})"
    assert ask(user("hi")) == [user("Ada: hi")]
    assert answer("hi")[-1] == assistant("hi (gpt-x)")


def test_a_whole_turn_of_a_chat(chat, model, as_user):
    """What the model is given, and what people read in the end."""
    as_user(name="Ada")
    model.says("Hello Ada")
    turn = chat("Hi")
    assert model.requests[0]["messages"] == [user("[Ada] Hi")]
    assert turn.text == "Hello Ada\n\n*answered by scripted*"


def test_two_people_are_not_mixed_up(two_users, run_filter):
    two_users.assert_nothing_leaks(lambda _user: run_filter.awaited("inlet", {"messages": [user("hi")]}))
