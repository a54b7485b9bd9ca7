"""What the context filter promises."""

import asyncio
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def plugin(load_plugin):
    plugin = load_plugin("plugins/filters/conversation_context_filter.py")
    plugin.instance.now = NEW_YEAR.astimezone
    return plugin


def messages_after(plugin, *messages, user=None):
    body = asyncio.run(plugin.instance.inlet({"messages": list(messages)}, __user__=user))
    return body["messages"]


def test_the_model_learns_the_date(plugin):
    system, hello = messages_after(plugin, {"role": "user", "content": "hello"})
    assert system == {"role": "system", "content": "Context:\n- It is Thursday, 01 January 2026, 00:30 (UTC)."}
    assert hello == {"role": "user", "content": "hello"}


def test_a_system_prompt_is_kept(plugin):
    (system,) = messages_after(plugin, {"role": "system", "content": "Be kind."})
    assert system["content"].startswith("Be kind.\n\nContext:\n- It is Thursday")


def test_the_time_zone_is_a_valve(plugin):
    plugin.instance.valves = plugin.instance.Valves(time_zone="America/New_York")
    (system,) = messages_after(plugin)
    assert "Wednesday, 31 December 2025, 19:30 (America/New_York)" in system["content"]


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../../etc/passwd"])
def test_a_wrong_time_zone_is_refused_when_it_is_saved(plugin, name):
    with pytest.raises(ValidationError, match="there is no time zone"):
        plugin.instance.Valves(time_zone=name)


def test_the_model_learns_who_asks(plugin):
    (system,) = messages_after(plugin, user={"name": "Ada"})
    assert system["content"].endswith("\n- You are talking to Ada.")


def test_people_may_keep_their_name_to_themselves(plugin):
    own_choice = plugin.instance.UserValves(share_my_name=False)
    (system,) = messages_after(plugin, user={"name": "Ada", "valves": own_choice})
    assert "Ada" not in system["content"]
