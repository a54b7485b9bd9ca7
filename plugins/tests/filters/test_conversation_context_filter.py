"""What the context filter promises."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

NEW_YEAR = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)


@pytest.fixture
def ask(plugin, run_filter, as_user):
    """Ask as Ada in the first hour of 2026, and see what the model is given."""
    plugin.instance.now = NEW_YEAR.astimezone
    as_user(name="Ada")
    return lambda *messages: run_filter("inlet", {"messages": list(messages)}).body["messages"]


def test_the_model_learns_the_date(ask):
    system, hello = ask({"role": "user", "content": "hello"})
    assert system["role"] == "system"
    assert system["content"].startswith("Context:\n- It is Thursday, 01 January 2026, 00:30 (UTC).")
    assert hello == {"role": "user", "content": "hello"}


def test_a_system_prompt_is_kept(ask):
    (system,) = ask({"role": "system", "content": "Be kind."})
    assert system["content"].startswith("Be kind.\n\nContext:\n- It is Thursday")


def test_the_time_zone_is_a_valve(plugin, ask):
    plugin.valves.time_zone = "America/New_York"
    (system,) = ask()
    assert "Wednesday, 31 December 2025, 19:30 (America/New_York)" in system["content"]


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../../etc/passwd"])
def test_a_wrong_time_zone_is_refused_when_it_is_saved(plugin, name):
    with pytest.raises(ValidationError, match="there is no time zone"):
        plugin.instance.Valves(time_zone=name)


def test_the_model_learns_who_asks(ask):
    (system,) = ask()
    assert system["content"].endswith("\n- You are talking to Ada.")


def test_people_may_keep_their_name_to_themselves(ask, as_user):
    as_user(name="Ada", valves={"share_my_name": False})
    (system,) = ask()
    assert "Ada" not in system["content"]


def test_two_people_are_not_mixed_up(plugin, two_users, run_filter):
    plugin.instance.now = NEW_YEAR.astimezone
    two_users.assert_nothing_leaks(lambda _user: run_filter.awaited("inlet", {"messages": []}))
