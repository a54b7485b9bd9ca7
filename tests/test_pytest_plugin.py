"""What a plugin's own tests get from us."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import types

import pytest

from cochat_devkit.errors import UsageError
from cochat_devkit.runtime.kit.places import plugin_of
from cochat_devkit.runtime.standins.refusing import NotOffline
from cochat_devkit.runtime.testing import run_plugin_tests

pytest_plugins = ("pytester", "tests.runtime.kit.desk")


def test_a_tool_is_loaded_as_the_server_would(load_plugin, write):
    """I get the instance, the frontmatter, the specs and the valves."""
    source = (
        '"""\ntitle: A\n"""\nfrom pydantic import BaseModel\n\n\nclass Tools:\n    class Valves(BaseModel):\n'
        "        n: int = 3\n\n    def __init__(self):\n        self.valves = self.Valves()\n\n"
        '    def work(self, a: int):\n        """Work."""\n        return a + self.valves.n\n'
    )
    plugin = load_plugin(write("plugins/tools/a.py", source))
    assert (plugin.kind, plugin.frontmatter) == ("tool", {"title": "A"})
    assert plugin.specs["work"]["description"] == "Work."
    plugin.valves.n = 5
    assert plugin.instance.work(1) == 6


@pytest.mark.parametrize("name", ["plugins/filters/a.py", "a.py"])
def test_a_function_is_told_from_a_tool(load_plugin, write, name):
    """The folder says what a file is; elsewhere, its class."""
    plugin = load_plugin(write(name, "class Filter: ...\n"))
    assert (plugin.kind, plugin.specs, plugin.valves) == ("filter", {}, None)


def test_the_code_runs_under_its_real_path(load_plugin, write):
    """Breakpoints and coverage find my file."""
    path = write("plugins/pipes/a.py", "class Pipe:\n    def pipe(self, body): ...\n")
    assert load_plugin(path).instance.pipe.__code__.co_filename == str(path)


def test_what_a_plugin_imports_of_the_server_is_there(load_plugin, write):
    """I test a plugin that reads people, and install no server."""
    source = (
        "from open_webui.models.users import Users\n\n\nclass Tools:\n    async def who(self):\n"
        "        return await Users.get_users_by_group_id('x')\n"
    )
    plugin = load_plugin(write("plugins/tools/a.py", source))
    with pytest.raises(NotOffline, match="get_users_by_group_id"):
        asyncio.run(plugin.instance.who())


def test_a_fake_of_mine_is_left_alone(load_plugin, write, monkeypatch):
    """What I put into sys.modules myself is what the plugin gets."""
    monkeypatch.setitem(sys.modules, "open_webui", types.SimpleNamespace(mine=3))
    assert load_plugin(write("plugins/tools/a.py", "from open_webui import mine\nclass Tools: ...\n")).kind == "tool"


def test_a_plugin_that_does_not_load_fails_the_test(load_plugin, write):
    """The exception of the plugin is the exception of the test."""
    with pytest.raises(ZeroDivisionError):
        load_plugin(write("plugins/tools/a.py", "1 / 0\n"))


def test_a_plugin_loads_inside_an_event_loop(load_plugin, write):
    """As on the server, and also where the test itself is asynchronous."""
    path = write("plugins/tools/a.py", "import asyncio\nasyncio.get_running_loop()\nclass Tools: ...\n")
    assert load_plugin(path).kind == "tool"

    async def load():
        return load_plugin(path)

    assert asyncio.run(load()).kind == "tool"


def test_line_ends_and_rewritten_imports_are_the_servers(load_plugin, write, tmp_path):
    """What the server would store is what runs."""
    path = tmp_path / "a.py"
    path.write_bytes(b"class Tools:\r\n    text = 'from utils'\r\n")
    assert load_plugin(path).instance.text == "from open_webui.utils"


def test_modules_are_forgotten_after_the_test(write, tmp_path):
    """One test's plugin is not the next one's."""
    write("plugins/a.py", "class Tools: ...\n")
    write(
        "tests/test_a.py",
        "import sys\n"
        "def test_one(load_plugin):\n"
        "    load_plugin('plugins/a.py')\n"
        "    assert 'tool_a' in sys.modules\n"
        "def test_two():\n"
        "    assert 'tool_a' not in sys.modules\n",
    )
    assert run_plugin_tests([tmp_path / "tests"], root=tmp_path).passed == 2


def test_a_path_starts_at_the_nearest_workspace(write, tmp_path):
    """The folder with `cochat.toml` counts, wherever pytest was started."""
    write("inner/cochat.toml", "")
    write("inner/plugins/a.py", "class Tools: ...\n")
    write("inner/tests/test_a.py", "def test_it(load_plugin):\n    assert load_plugin('plugins/a.py').kind == 'tool'\n")
    assert run_plugin_tests([tmp_path / "inner" / "tests"], root=tmp_path).passed == 1


def test_the_plugin_is_light_to_import():
    """Having the kit installed does not slow down anybody's pytest."""
    program = (
        "import sys, pytest, _pytest.python, _pytest.fixtures\nbefore = set(sys.modules)\n"
        "import cochat_devkit.pytest_plugin\nprint(sorted(set(sys.modules) - before))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['cochat_devkit', 'cochat_devkit.pytest_plugin']"


ASKS = """
from open_webui.models.users import Users
from open_webui.utils.chat import generate_chat_completion


class Tools:
    async def shorten(self, text: str, __user__: dict, __request__=None) -> str:
        user = await Users.get_user_by_id(__user__["id"])
        form = {"model": "scripted", "messages": [{"role": "user", "content": text}]}
        return (await generate_chat_completion(__request__, form, user))["choices"][0]["message"]["content"]
"""


def test_a_tool_that_asks_a_model_is_answered_by_mine(load_plugin, write, call_tool, model):
    """I say what the model answers, and see what it was asked."""
    load_plugin(write("plugins/tools/asks.py", ASKS))
    model.says("short")
    model.says("shorter")
    assert [call_tool("shorten", text="a long text").value for _ in range(2)] == ["short", "shorter"]
    assert [each["messages"][0]["content"] for each in model.requests] == ["a long text"] * 2


def test_a_tool_that_asks_a_model_without_one_says_so(load_plugin, write, call_tool):
    """Where my test has no model, nobody makes up an answer."""
    load_plugin(write("plugins/tools/asks.py", ASKS))
    assert "`model`" in call_tool("shorten", text="a long text").text


WEATHER = '''"""
title: Weather
"""
from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        unit: str = Field(default="C")
        api_key: str = Field(default="")

    class UserValves(BaseModel):
        polite: bool = False

    def __init__(self):
        self.valves = self.Valves(unit="from the code")

    async def forecast(self, city: str, days: int = 1, __user__=None, __event_emitter__=None):
        """
        Tell the weather.

        :param city: where
        """
        await __event_emitter__({"type": "status", "data": {"description": city, "done": False}})
        await __event_emitter__({"type": "status", "data": {"description": city, "done": True}})
        please = "please, " if __user__["valves"].polite else ""
        return f"{please}{__user__['name']}: {city} {days!r} {self.valves.unit}"

    async def ask(self, __event_call__=None):
        return repr(await __event_call__({"type": "confirmation", "data": {"title": "?"}}))

    def fails(self):
        raise ValueError("no wind")

    def lists(self):
        return [1, 2]

    def draws(self):
        return "data:image/png;base64,AAAA"

    def keeps_quiet(self):
        pass
'''


@pytest.fixture
def weather(load_plugin, write):
    return load_plugin(write("plugins/tools/weather.py", WEATHER))


@pytest.mark.usefixtures("weather")
class TestCallTool:
    """A method is called as a model's call of it is."""

    def test_text_is_what_the_model_reads_and_value_what_was_returned(self, call_tool):
        answer = call_tool("lists")
        assert (answer.value, json.loads(answer.text)) == ([1, 2], {"results": [1, 2]})

    def test_arguments_are_coerced_and_strange_ones_dropped(self, call_tool):
        assert call_tool("forecast", city=7, days="3", nonsense=1).text == "User: 7 3 C"

    @pytest.mark.cochat_target_version("0.6.43")
    def test_the_version_is_chosen_by_marker(self, call_tool):
        assert call_tool("forecast", city="Oslo", days="3").text == "User: Oslo '3' C"

    def test_an_exception_is_a_text_to_the_model_and_mine_when_i_ask_for_the_value(self, call_tool):
        answer = call_tool("fails")
        assert json.loads(answer.text) == {"error": "no wind"}
        with pytest.raises(ValueError, match="no wind"):
            answer.value  # noqa: B018 - that is what raises

    def test_the_model_is_told_something_of_nothing(self, call_tool):
        """0.12 takes a tool that returns nothing for a call that it could not read."""
        answer = call_tool("keeps_quiet")
        assert answer.value is None
        assert answer.text.startswith("Error: Tool call arguments could not be parsed")

    @pytest.mark.cochat_target_version("0.6")
    def test_0_6_tells_the_model_nothing_of_nothing(self, call_tool):
        assert call_tool("keeps_quiet").text is None

    def test_files_go_to_the_page(self, call_tool):
        answer = call_tool("draws")
        assert answer.files == [{"type": "image", "url": "data:image/png;base64,AAAA"}]
        assert "Image file read" in answer.text

    def test_valves_of_the_constructor_are_not_those_that_are_saved(self, call_tool, weather):
        """The server makes valves anew before each call, of what is saved alone."""
        assert call_tool("forecast", city="a").text.endswith(" C")
        weather.valves.unit = "F"
        assert call_tool("forecast", city="a").text.endswith(" F")
        weather.instance.valves = weather.instance.Valves(unit="K")
        assert [call_tool("forecast", city="a").text[-1] for _ in range(2)] == ["K", "K"]

    def test_valves_may_come_with_the_plugin(self, load_plugin, call_tool, weather):
        load_plugin(weather.path, valves={"unit": "R"})
        assert call_tool("forecast", city="a").text.endswith(" R")

    def test_an_unknown_method_names_those_that_there_are(self, call_tool):
        with pytest.raises(UsageError, match=r"no method wether; it has: ask, draws, fails, forecast, .*lists"):
            call_tool("wether")

    def test_an_argument_is_json(self, call_tool):
        with pytest.raises(UsageError, match="a model cannot say such an argument"):
            call_tool("forecast", city=object())

    def test_an_asynchronous_test_waits(self, call_tool):
        async def test():
            return (await call_tool.awaited("forecast", city="Oslo")).text

        assert asyncio.run(test()) == "User: Oslo 1 C"

    def test_an_asynchronous_test_is_told_to_wait(self, call_tool):
        async def test():
            call_tool("lists")

        with pytest.raises(UsageError, match=r"await call_tool\.awaited"):
            asyncio.run(test())

    def test_calls_of_one_test_share_a_loop(self, load_plugin, write, call_tool):
        """A lock or a client that a plugin keeps works from call to call."""
        source = (
            "import asyncio\n\n\nclass Tools:\n"
            "    def __init__(self):\n        self.loop = asyncio.get_running_loop()\n\n"
            "    async def same(self):\n        return self.loop is asyncio.get_running_loop()\n"
        )
        load_plugin(write("plugins/tools/a.py", source))
        assert [call_tool("same").value for _ in range(2)] == [True, True]

    def test_the_time_is_told(self, call_tool):
        assert call_tool("lists").ms > 0


@pytest.mark.usefixtures("weather")
class TestEvents:
    """What a plugin shows is recorded."""

    def test_events_are_kept_in_order_over_calls(self, call_tool, events):
        one, two = call_tool("forecast", city="a"), call_tool("forecast", city="b")
        assert [each["data"]["done"] for each in events.of("status")] == [False, True] * 2
        assert list(events) == one.events + two.events
        assert events.last["data"] == {"description": "b", "done": True}
        events.clear()
        assert (len(events), events.of("status")) == (0, [])

    def test_a_sequence_is_types_or_parts(self, call_tool, events):
        call_tool("forecast", city="a")
        events.assert_sequence(["status", {"type": "status", "data": {"done": True}}])

    @pytest.mark.parametrize(
        ("expected", "said"),
        [
            (["status"], r"there were 2 events and not 1: \['status', 'status'\], not \['status'\]"),
            (["status", "citation"], "event 2 of 2 is .*'done': True.*, and not 'citation'"),
            ([{"data": {"done": True}}, "status"], "event 1 of 2 is"),
        ],
    )
    def test_another_sequence_is_told_apart(self, call_tool, events, expected, said):
        call_tool("forecast", city="a")
        with pytest.raises(AssertionError, match=said):
            events.assert_sequence(expected)

    def test_the_last_of_none_fails(self, events):
        with pytest.raises(AssertionError, match="there were no events"):
            events.last  # noqa: B018 - that is what raises


@pytest.mark.usefixtures("weather")
class TestUi:
    """The page answers as I say."""

    def test_without_a_word_the_page_is_closed(self, call_tool, events):
        assert call_tool("ask").value == "{'error': 'Client session disconnected.'}"
        assert events.last["answer"] == {"error": "Client session disconnected."}

    def test_answers_are_given_in_order_and_the_last_stays(self, call_tool, ui):
        ui.confirm(True, False)
        assert [call_tool("ask").value for _ in range(3)] == ["True", "False", "False"]

    def test_a_page_may_go_and_come_back(self, call_tool, ui):
        ui.confirm(True)
        ui.disconnect()
        assert "disconnected" in call_tool("ask").value
        ui.timeout()
        assert "timed out" in call_tool("ask").value
        ui.confirm(True)
        assert call_tool("ask").value == "True"

    @pytest.mark.cochat_target_version("0.6.43")
    @pytest.mark.parametrize("how", ["disconnect", "timeout"])
    def test_0_6_gives_up_waiting(self, call_tool, ui, events, how):
        getattr(ui, how)()
        assert isinstance(call_tool("ask").error, TimeoutError)
        assert events.last == {"type": "confirmation", "data": {"title": "?"}, "answer": None}

    @pytest.mark.parametrize("type_", ["input", "execute", "execute:python", "mine"])
    def test_other_questions_are_answered(self, load_plugin, write, call_tool, ui, type_):
        source = (
            "class Tools:\n    async def ask(self, type: str, __event_call__=None):\n"
            "        return await __event_call__({'type': type})\n"
        )
        load_plugin(write("plugins/tools/a.py", source))
        ui.input("typed")
        ui.execute("ran")
        ui.reply("mine", "replied")
        assert call_tool("ask", type=type_).value == {"input": "typed", "mine": "replied"}.get(type_, "ran")


@pytest.mark.usefixtures("weather")
class TestUsers:
    """Who calls is whom I name."""

    def test_an_ordinary_user_is_the_default(self, call_tool):
        assert call_tool("forecast", city="a").text.startswith("User: ")

    def test_i_may_be_somebody_else_with_valves_of_my_own(self, call_tool, as_user):
        ada = as_user(role="admin", name="Ada", valves={"polite": True})
        assert (ada.role, ada.id) == ("admin", "ada-of-the-devkit")
        assert call_tool("forecast", city="a").text == "please, Ada: a 1 C"


LEAKY = """
import asyncio

SEEN = []


class Tools:
    def __init__(self):
        self.name = None

    async def at_once(self, __user__=None):
        self.name = __user__["name"]
        await asyncio.sleep(0)
        return self.name

    async def after(self, __user__=None):
        SEEN.append(__user__["name"])
        return SEEN[0]

    async def honest(self, __user__=None):
        name = __user__["name"]
        await asyncio.sleep(0)
        return name
"""


class TestTwoUsers:
    """What is kept on `self` of one person is found where another one is told it."""

    def test_calls_cross_each_other(self, load_plugin, write, call_tool, two_users):
        load_plugin(write("plugins/tools/a.py", LEAKY))
        first, second = two_users.interleave(lambda _user: call_tool.awaited("at_once"))
        assert (first.value, second.value) == ("Ben", "Ben")

    @pytest.mark.parametrize(
        ("method", "said"),
        [
            ("at_once", r"Ada, who called at once with Ben, was told .*'Ben'.*, and alone .*'Ada'.*kept in self\.name"),
            ("after", r"Ben, who called at once with Ada, was told .*'Ada'.*, and alone .*'Ben'.*kept in SEEN"),
        ],
    )
    def test_a_leak_is_found_and_named(self, load_plugin, write, call_tool, two_users, method, said):
        plugin = load_plugin(write("plugins/tools/a.py", LEAKY))
        with pytest.raises(AssertionError, match=said):
            two_users.assert_nothing_leaks(lambda _user: call_tool.awaited(method))
        assert plugin.instance.name is None

    def test_what_cannot_be_copied_is_shared(self, load_plugin, write, call_tool, two_users):
        """A lock, or an object that refuses."""
        source = (
            "import threading\n\n\nclass Stubborn:\n    def __deepcopy__(self, memo):\n        raise RuntimeError\n\n\n"
            "class Tools:\n    def __init__(self):\n        self.kept = [threading.Lock(), Stubborn()]\n\n"
            "    def work(self):\n        return len(self.kept)\n"
        )
        load_plugin(write("plugins/tools/a.py", source))
        two_users.assert_nothing_leaks(lambda _user: call_tool.awaited("work"))

    def test_who_keeps_nothing_passes(self, load_plugin, write, call_tool, two_users):
        load_plugin(write("plugins/tools/a.py", LEAKY))
        two_users.assert_nothing_leaks(lambda _user: call_tool.awaited("honest"))


FILTER = """
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        word: str = "seen"

    def __init__(self):
        self.valves = self.Valves()

    def inlet(self, body, __user__=None, __model__=None, __chat_id__="none", __oauth_token__="none"):
        body["seen"] = [self.valves.word, __user__["name"], __model__["id"], __chat_id__ != "none"]
        return body

    async def outlet(self, body, __oauth_token__="none", __event_emitter__=None):
        await __event_emitter__({"type": "status", "data": {}})
        return {**body, "token": __oauth_token__}

    def stream(self, event, __body__=None):
        return {**event, "asked": __body__}
"""


class TestRunFilter:
    """A hook gets what it gets on the server, and no more."""

    @pytest.fixture(autouse=True)
    def _filter(self, load_plugin, write):
        self.plugin = load_plugin(write("plugins/filters/a.py", FILTER))

    def test_the_hook_gets_its_arguments_and_my_body_is_left_alone(self, run_filter):
        body = {"messages": []}
        assert run_filter("inlet", body).body["seen"] == ["seen", "User", "scripted", True]
        assert body == {"messages": []}

    def test_an_outlet_gets_no_token(self, run_filter):
        answer = run_filter("outlet", {"messages": []})
        assert (answer.body["token"], answer.events) == ("none", [{"type": "status", "data": {}}])

    @pytest.mark.cochat_target_version("0.6.43")
    def test_0_6_hands_no_chat_id_over(self, run_filter):
        assert run_filter("inlet", {}).body["seen"][-1] is False

    def test_a_reserved_argument_may_be_mine(self, run_filter):
        assert run_filter("stream", {"choices": []}, __body__={"x": 1}).body == {"choices": [], "asked": {"x": 1}}
        with pytest.raises(UsageError, match="__chat_id__ is nothing that a server hands over here"):
            run_filter("outlet", {}, __chat_id__="c")

    def test_a_hook_that_is_not_there_is_named(self, run_filter):
        with pytest.raises(UsageError, match=r"a\.py has no hook request; it has: inlet, stream, outlet"):
            run_filter("request", {})

    def test_another_kind_is_refused(self, call_tool):
        with pytest.raises(UsageError, match=r"a\.py is a filter, and no tool"):
            call_tool("inlet")

    def test_what_a_filter_raises_is_raised(self, load_plugin, write, run_filter):
        load_plugin(
            write("plugins/filters/b.py", "class Filter:\n    def inlet(self, body):\n        raise KeyError(1)\n")
        )
        with pytest.raises(KeyError):
            run_filter("inlet", {})


PIPE = """
class Pipe:
    async def pipe(self, body, __user__=None, __event_emitter__=None):
        if body.get("fail"):
            raise ValueError("no answer")
        await __event_emitter__({"type": "status", "data": {}})
        yield f"Hello {__user__['name']}"
        yield f", this is {body['model']}"
"""


class TestRunPipe:
    """A pipe answers as it does on the server, streamed or whole."""

    @pytest.fixture(autouse=True)
    def _pipe(self, load_plugin, write):
        load_plugin(write("plugins/pipes/a.py", PIPE))

    @pytest.mark.parametrize("stream", [True, False])
    def test_the_text_is_what_people_read(self, run_pipe, stream):
        answer = run_pipe({"messages": []}, stream=stream)
        assert (answer.text, answer.error) == ("Hello User, this is a", None)
        assert [each["type"] for each in answer.events] == ["status"]
        assert (len(answer.chunks), answer.body is None) == ((3, True) if stream else (0, False))

    def test_the_model_of_a_manifold_is_named_in_the_body(self, run_pipe):
        assert run_pipe({"model": "a.small"}).text.endswith("this is a.small")

    def test_an_exception_is_told_as_the_server_does(self, load_plugin, write, run_pipe):
        source = "class Pipe:\n    def pipe(self, body):\n        raise ValueError('no answer')\n"
        load_plugin(write("plugins/pipes/b.py", source))
        assert [str(run_pipe({}, stream=stream).error) for stream in (True, False)] == ["no answer", "no answer"]


ACTION = """
from pydantic import BaseModel
from starlette.responses import HTMLResponse


class Action:
    actions = [{"id": "count", "name": "Count"}]

    class Valves(BaseModel):
        word: str = "words"

    class UserValves(BaseModel):
        loud: bool = False

    def __init__(self):
        self.valves = self.Valves(word="of the code")

    async def action(self, body, __id__=None, __user__=None, __event_call__=None, __metadata__="none"):
        if await __event_call__({"type": "confirmation", "data": {}}) is not True:
            return None
        if body.get("show"):
            return HTMLResponse("<p>", headers={"Content-Disposition": "inline"})
        loud = "!" if __user__["valves"].loud else ""
        return [__id__, body["id"] != "", self.valves.word + loud, __metadata__]
"""


class TestRunAction:
    """A button is pressed as it is on the page."""

    @pytest.fixture(autouse=True)
    def _action(self, load_plugin, write, ui):
        load_plugin(write("plugins/actions/a.py", ACTION))
        ui.confirm(True)

    def test_the_button_gets_what_it_gets_there(self, run_action, as_user):
        as_user(valves={"loud": True})
        assert run_action({"messages": []}).value == ["a", True, "words!", "none"]
        assert run_action({"messages": []}, id="count").value[0] == "count"

    def test_who_says_no_is_heard(self, run_action, ui, events):
        ui.disconnect()
        assert run_action({}).value is None
        assert events.last["answer"] == {"error": "Client session disconnected."}

    def test_a_page_is_shown(self, run_action, events):
        answer = run_action({"show": True})
        assert (answer.embeds, json.loads(answer.value)["status"]) == (["<p>"], "success")
        assert events.last == {"type": "embeds", "data": {"embeds": ["<p>"]}}

    @pytest.mark.cochat_target_version("0.6.43")
    def test_0_6_hands_on_what_was_returned(self, run_action):
        assert run_action({"show": True}).value.body == b"<p>"

    def test_what_an_action_raises_is_raised(self, load_plugin, write, run_action):
        source = "class Action:\n    def action(self, body):\n        raise KeyError(1)\n"
        load_plugin(write("plugins/actions/b.py", source))
        with pytest.raises(KeyError):
            run_action({})


class TestServerMemory:
    """What I put into the server's memory is what the plugin finds there."""

    def test_people_and_who_calls_are_found(self, load_plugin, write, call_tool, server_memory, as_user):
        source = (
            "from open_webui.models.users import Users\n\n\nclass Tools:\n"
            "    async def name_of(self, id: str):\n        return (await Users.get_user_by_id(id)).name\n"
        )
        load_plugin(write("plugins/tools/a.py", source))
        server_memory.add_user(id="b", name="Ben")
        ada = as_user(name="Ada")
        assert [call_tool("name_of", id=each).value for each in ("b", ada.id)] == ["Ben", "Ada"]
        assert set(server_memory.rows("user")) == {"b", ada.id}

    def test_the_next_test_begins_with_nothing(self, server_memory):
        assert server_memory.rows("user") == {}


class TestChat:
    """A whole turn runs as the server runs it, with the plugins that I name."""

    def test_a_filter_changes_what_is_asked(self, chat, model, load_plugin, write):
        load_plugin(
            write(
                "plugins/filters/a.py",
                "class Filter:\n    def inlet(self, body):\n        body['messages'][-1]['content'] += '!'\n"
                "        return body\n",
            )
        )
        model.says("Good morning")
        result = chat("Hello")
        assert (result.text, result.error) == ("Good morning", None)
        assert model.requests[0]["messages"][-1]["content"] == "Hello!"
        assert [each["step"] for each in result.trace] == ["inlet", "model"]

    def test_the_model_calls_a_tool_and_reads_its_answer(self, chat, model, weather, as_user, events):
        as_user(name="Ada")
        model.calls("forecast", city="Oslo")
        model.says("It rains.")
        result = chat("How is it?", tools=[weather])
        assert result.text.endswith("It rains.")
        assert model.requests[1]["messages"][-1]["content"] == "Ada: Oslo 1 C"
        events.assert_sequence(["status", "status"])

    def test_what_is_saved_of_valves_counts(self, chat, model, weather):
        weather.valves.unit = "F"
        model.calls("forecast", city="Oslo")
        chat("How is it?")
        assert model.requests[1]["messages"][-1]["content"].endswith(" F")

    def test_a_page_that_answers_is_asked(self, chat, model, weather, ui):
        ui.confirm(True)
        model.calls("ask")
        chat("Ask me", tools=[weather])
        assert model.requests[1]["messages"][-1]["content"] == "True"

    def test_a_pipe_is_the_model(self, chat, load_plugin, write):
        pipe = load_plugin(write("plugins/pipes/a.py", PIPE))
        assert chat("Hello", model=pipe).text == "Hello User, this is a"
        assert chat("Hello", model="a.small").body == {"detail": "Model not found"}
        assert chat("Hello", model=pipe, path="api", stream=False).body["choices"][0]["message"]["content"]

    def test_paths_will_do(self, chat, model, write):
        path = write("plugins/filters/a.py", "class Filter:\n    def outlet(self, body):\n        raise ValueError\n")
        model.says("yes")
        assert chat("Hello", filters=[path]).text == "yes"
        with pytest.raises(UsageError, match=r"a\.py is a filter, and no tool"):
            chat("Hello", tools=[path])

    def test_a_plugin_that_raises_ends_the_turn_as_there(self, chat, load_plugin, write):
        source = "class Filter:\n    def inlet(self, body):\n        raise ValueError('no')\n"
        load_plugin(write("plugins/filters/a.py", source))
        result = chat("Hello")
        assert (result.text, result.error.message, result.error.line) == (None, "no", 3)

    def test_a_script_goes_on_in_the_next_turn(self, chat, model, weather):
        model.says("one")
        model.says("two")
        assert [chat(each, tools=[weather]).text for each in ("a", "b", "c")] == ["one", "two", "c"]

    def test_a_pipe_takes_nothing_from_the_script(self, chat, model, load_plugin, write, weather):
        pipe = load_plugin(write("plugins/pipes/a.py", PIPE))
        model.says("one")
        chat("Hello", model=pipe)
        assert chat("Hello", tools=[weather]).text == "one"


class TestPlugin:
    """The plugin that a test is about is found by the marker or by the name of the test file."""

    @pytest.mark.parametrize(
        ("test", "plugin"),
        [
            ("plugins/tests/tools/test_a.py", "plugins/tools/a.py"),
            ("tests/test_a.py", "plugins/filters/a.py"),
            ("tests/test_a.py", "a.py"),
            ("tools/test_a.py", "tools/a.py"),
            ("tests/deep/er/test_a.py", "src/a.py"),
        ],
    )
    def test_a_file_has_its_plugin(self, tmp_path, write, test, plugin):
        path = write(plugin, "")
        assert plugin_of(tmp_path / test, tmp_path) == path

    def test_the_folder_of_its_name_goes_first(self, tmp_path, write):
        tool, _filter = write("plugins/tools/a.py", ""), write("plugins/filters/a.py", "")
        assert plugin_of(tmp_path / "plugins/tests/tools/test_a.py", tmp_path) == tool
        with pytest.raises(UsageError, match=r"may belong to plugins/tools/a.py, plugins/filters/a.py"):
            plugin_of(tmp_path / "tests/test_a.py", tmp_path)

    def test_without_one_i_am_told_how_to_name_it(self, tmp_path):
        with pytest.raises(UsageError, match=r'no plugin a.py .* @pytest.mark.plugin\("plugins/tools/a.py"\)'):
            plugin_of(tmp_path / "tests/test_a.py", tmp_path)

    def test_the_marker_names_it(self, run_pytest, write):
        write("elsewhere/other.py", "class Filter: ...\n")
        write(
            "test_it.py",
            "import pytest\n\n\n@pytest.mark.plugin('elsewhere/other.py')\ndef test_it(plugin):\n"
            "    assert (plugin.id, plugin.kind) == ('other', 'filter')\n",
        )
        run_pytest().assert_outcomes(passed=1)

    def test_a_fixture_of_my_own_goes_before(self, run_pytest, write):
        write("a.py", "class Tools:\n    def n(self):\n        return 1\n")
        write(
            "test_it.py",
            "import pytest\n\n\n@pytest.fixture\ndef plugin(load_plugin):\n    return load_plugin('a.py')\n\n\n"
            "def test_it(call_tool):\n    assert call_tool('n').value == 1\n",
        )
        run_pytest().assert_outcomes(passed=1)

    def test_the_model_reads_another_description(self, weather):
        assert weather.specs["forecast"]["description"] == "Tell the weather."
        read = weather.model_specs["forecast"]["description"]
        assert (read.strip(), read.startswith("\n")) == ("Tell the weather.", True)


GUILTY = """
import asyncio
import gc
import time
import urllib.request

from pydantic import BaseModel


async def work():
    pass


class Tools:
    class Valves(BaseModel):
        api_key: str = "not-to-be-shown"

    def __init__(self):
        self.valves = self.Valves()

    async def unawaited(self):
        work()  # here

    def blocks(self):
        time.sleep(0.25)  # here

    async def leaves(self):
        asyncio.create_task(asyncio.sleep(60))  # here

    async def starts(self):
        self.task = asyncio.create_task(self.waits())  # here

    async def waits(self):
        await asyncio.sleep(60)

    async def leaks(self, __event_emitter__=None):
        await __event_emitter__({"type": "status", "data": {"description": self.valves.api_key}})  # here

    def answers(self):
        return f"the key is {self.valves.api_key}"

    async def connects(self):
        try:
            await asyncio.open_connection("192.0.2.1", 80)  # here
        except OSError:
            pass

    async def looks_up(self):
        try:
            await asyncio.open_connection("www.example.org", 80)  # here
        except OSError:
            pass

    def asks(self):
        try:
            urllib.request.urlopen("http://www.example.org/")  # here
        except OSError:
            pass

    async def local(self, port: int):
        _reader, writer = await asyncio.open_connection("localhost", port)
        writer.close()
        await writer.wait_closed()

    def imports(self):
        import slow_to_import

    def imports_and_blocks(self):
        import slow_to_import

        time.sleep(0.26)  # here

    def collects(self):
        def slow(phase, about):
            if phase == "stop":
                time.sleep(0.25)

        gc.callbacks.insert(0, slow)
        gc.collect()
        gc.callbacks.remove(slow)

    def is_debugged(self):
        exec(compile("import time; time.sleep(0.25)", "/usr/lib/python3/pdb.py", "exec"))

    def secures(self):
        exec(compile("import time; time.sleep(0.25)", "/usr/lib/python3/ssl.py", "exec"))

    async def honest(self):
        self.task = asyncio.create_task(asyncio.sleep(0.01))
        await asyncio.to_thread(time.sleep, 0.08)
"""


class TestGuards:
    """What a plugin does behind my back fails my test, with its line."""

    @pytest.fixture
    def run(self, run_pytest, write):
        write("plugins/tools/guilty.py", GUILTY)

        def run(method, marker=""):
            write(
                "test_guilty.py",
                f"import pytest\n\n\n{marker}\ndef test_it(call_tool):\n"
                f"    assert call_tool('{method}').error is None\n",
            )
            return run_pytest("-W", "error")

        return run

    @pytest.mark.parametrize(
        ("method", "marker", "said"),
        [
            ("unawaited", "allow_unawaited", r"work() was never awaited"),
            ("blocks", "allow_blocking", r"held up the event loop, and so every user, for * ms"),
            ("imports_and_blocks", "allow_blocking", r"held up the event loop, and so every user, for * ms"),
            ("leaves", "allow_left_tasks", r"the task sleep() was left running"),
            ("starts", "allow_left_tasks", r"the task Tools.waits() was left running"),
            ("leaks", "allow_secrets", "the secret valve api_key shows in the event 'status'"),
            ("connects", "allow_network", "reached for 192.0.2.1, and a test has no network"),
            ("looks_up", "allow_network", "reached for www.example.org, and a test has no network"),
            ("asks", "allow_network", "reached for www.example.org, and a test has no network"),
        ],
    )
    def test_a_guard_names_the_line_and_its_marker(self, run, write, monkeypatch, tmp_path, method, marker, said):
        write("slow_to_import.py", "import time\ntime.sleep(0.25)\n")
        monkeypatch.syspath_prepend(tmp_path)
        line = GUILTY.splitlines().index(next(each for each in _lines_of(method) if "# here" in each)) + 1
        result = run(method)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([f"*plugins/tools/guilty.py:{line}: {said} (@pytest.mark.{marker} would let it)"])

    @pytest.mark.parametrize(
        ("method", "marker"),
        [
            ("unawaited", "allow_unawaited"),
            ("blocks", "allow_blocking"),
            ("leaves", "allow_left_tasks"),
            ("leaks", "allow_secrets"),
        ],
    )
    def test_a_marker_lets_it(self, run, method, marker):
        run(method, f"@pytest.mark.{marker}").assert_outcomes(passed=1)

    def test_a_secret_in_a_result_is_found_and_not_repeated(self, run):
        result = run("answers")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*plugins/tools/guilty.py: the secret valve api_key shows in what answers() returned*"]
        )
        result.stdout.no_fnmatch_line("*not-to-be-shown*")

    def test_this_machine_may_be_reached(self, call_tool, load_plugin, write):
        load_plugin(write("plugins/tools/guilty.py", GUILTY))
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert call_tool("local", port=server.getsockname()[1]).error is None

    def test_an_open_network_is_open(self, run):
        """The marker leaves sockets as they are: here, to the guard of our own tests."""
        result = run("connects", "@pytest.mark.allow_network")
        result.stdout.fnmatch_lines(["*NetworkIsClosed(*a test tried to connect to *192.0.2.1*"])

    def test_the_doors_are_opened_again(self, run):
        doors = [vars(socket.socket).get("connect"), socket.getaddrinfo]
        run("honest")
        assert [vars(socket.socket).get("connect"), socket.getaddrinfo] == doors

    @pytest.mark.parametrize("method", ["honest", "imports", "collects", "is_debugged", "secures"])
    def test_time_that_is_not_the_plugins_is_no_case(self, run, write, monkeypatch, tmp_path, method):
        """It waits elsewhere, or what takes its time is done once, by Python or by somebody who debugs."""
        write("slow_to_import.py", "import time\ntime.sleep(0.25)\n")
        monkeypatch.syspath_prepend(tmp_path)
        run(method).assert_outcomes(passed=1)

    def test_a_test_that_fails_says_its_own(self, run_pytest, write):
        write("plugins/tools/guilty.py", GUILTY)
        write("test_guilty.py", "def test_it(call_tool):\n    call_tool('leaves')\n    assert 0, 'mine'\n")
        result = run_pytest()
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*AssertionError: mine*"])
        result.stdout.no_fnmatch_line("*left running*")


def _lines_of(method):
    return GUILTY[GUILTY.index(f"def {method}(") :].splitlines()
