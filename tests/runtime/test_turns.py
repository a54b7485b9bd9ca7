"""A whole turn of a chat, offline: what each plugin does in it, what the model is given, and what the person reads."""

from __future__ import annotations

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest, Part, Turn, TurnResult
from cochat_devkit.runtime.child_loader import ChildLoader

QUESTION = [{"role": "user", "content": "how warm is it in Oslo?"}]
SHOUTS = """
class Filter:
    def inlet(self, body):
        body["messages"][-1]["content"] += "!"
        return body

    def stream(self, event):
        for choice in event.get("choices", []):
            if choice.get("delta", {}).get("content"):
                choice["delta"]["content"] = choice["delta"]["content"].upper()
        return event

    def outlet(self, body):
        body["messages"][-1]["content"] += " Bye."
        return body
"""
WEATHER = '''
class Tools:
    async def forecast(self, city: str, days: int = 1, __event_emitter__=None) -> str:
        """Tell the weather.

        :param city: where
        """
        await __event_emitter__({"type": "status", "data": {"description": f"asking {city}", "done": True}})
        return f"{city}: {20 + days} degrees"
'''
CALLS = {"calls": [{"name": "forecast", "arguments": {"city": "Oslo", "days": "3"}}]}


@pytest.fixture(scope="module")
def loader():
    with ChildLoader() as found:
        yield found


@pytest.fixture(params=["0.12", "0.6"])
def generation(request):
    return request.param


def part(id_, source, **more):
    kind = "tool" if "class Tools" in source else "function"
    return Part(LoadRequest(kind, id_, source), **more)


def run(loader, generation, *parts, messages=QUESTION, **turn):
    told = loader.chat(Turn(messages, parts, **turn), generation, timeout_s=20)
    assert isinstance(told, TurnResult), told
    return told


def steps(told):
    return [(each["step"], each["id"]) for each in told.trace if each["step"] != "stream"]


def test_a_filter_changes_what_goes_in_and_what_comes_out(loader, generation):
    """I see what each hook of my filter made of the message, and what the person reads at the end."""
    told = run(loader, generation, part("shouts", SHOUTS), script=({"pieces": ["It ", "is ", "warm."]},))
    assert told.text == "IT IS WARM. Bye."
    assert told.requests[0]["messages"] == [{"role": "user", "content": "how warm is it in Oslo?!"}]
    assert steps(told) == [("inlet", "shouts"), ("model", "scripted"), ("outlet", "shouts")]
    inlet = told.trace[0]
    assert inlet["before"]["messages"][0]["content"] == "how warm is it in Oslo?"
    assert inlet["after"]["messages"][0]["content"] == "how warm is it in Oslo?!"
    assert [each["choices"][0]["delta"].get("content") for each in told.chunks] == ["IT ", "IS ", "WARM.", None]


def test_an_outlet_is_not_heard_on_a_plain_call(loader):
    """Where my filter's outlet is thrown away, I am told so and not shown what nobody reads."""
    new = run(loader, "0.12", part("shouts", SHOUTS), path="api", script=({"text": "Warm."},))
    assert (new.text, steps(new)[-1]) == ("Warm.", ("outlet", "shouts"))
    old = run(loader, "0.6", part("shouts", SHOUTS), path="api", script=({"text": "Warm."},))
    assert (old.text, steps(old)[-1]) == ("Warm.", ("model", "scripted"))


def test_a_stream_hook_gets_raw_lines_on_a_plain_call_of_0_6(loader):
    """The mistake that only the API of the older server shows is there offline, with its line."""
    told = run(loader, "0.6", part("shouts", SHOUTS), path="api", body={"stream": True})
    assert (told.chunks, told.error.exception, told.error.line) == ([], "AttributeError", 8)
    assert run(loader, "0.12", part("shouts", SHOUTS), path="api", body={"stream": True}).error is None


def test_a_tool_is_called_and_the_model_reads_its_result(loader, generation):
    """My tool is offered to the model, called with arguments of the right type, and its result is in the next round."""
    native = {"params": {"function_calling": "native"}}
    told = run(loader, generation, part("weather", WEATHER), body=native, script=(CALLS, {"text": "Mild."}))
    first, second = told.requests
    assert first["tools"][0]["function"]["name"] == "forecast"
    called = [each for each in told.trace if each["step"] == "tool"]
    result = {"0.12": "Oslo: 23 degrees", "0.6": 'can only concatenate str (not "int") to str'}[generation]
    if generation == "0.12":
        assert second["messages"][1:] == [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "call_1_0",
                        "type": "function",
                        "function": {"name": "forecast", "arguments": '{"city":"Oslo","days":"3"}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "call_1_0", "content": result},
        ]
        assert called[0]["result"] == result
    assert called[0]["arguments"] == {"city": "Oslo", "days": "3"}
    assert told.text.endswith("Mild.")
    assert told.messages[-1]["statusHistory"] == [{"description": "asking Oslo", "done": True}]


def test_tools_are_prompted_for_where_the_server_does_so(loader):
    """0.6 asks a model in words which tool to call, and puts what it found before my question, with a source."""
    told = run(loader, "0.6", part("weather", WEATHER.replace("20 + days", "20")), script=(CALLS, {"text": "Mild."}))
    prompt, question = told.requests
    assert "forecast" in prompt["messages"][0]["content"]
    assert '<source id="1" name="weather/forecast">Oslo: 20 degrees</source>' in question["messages"][0]["content"]
    assert "tools" not in question
    assert told.messages[-1]["sources"][0]["source"] == {"name": "weather/forecast"}
    assert told.text == "Mild."


def test_a_pipe_answers(loader, generation):
    """My pipe is the model: it gets the body that filters made, and its tools."""
    pipe = (
        "class Pipe:\n    pipes = [{'id': 'x', 'name': 'X'}]\n    async def pipe(self, body, __tools__=None):\n"
        "        yield await __tools__['forecast']['callable'](city='Rome')\n"
    )
    told = run(loader, generation, part("shouts", SHOUTS), part("own", pipe), part("weather", WEATHER), model="own.x")
    assert told.text == "ROME: 21 DEGREES Bye."
    assert told.requests[-1]["model"] == "own.x"


def test_a_model_that_a_pipe_does_not_offer_is_not_found(loader, generation):
    """I am told as the server tells a caller, and nothing runs."""
    pipe = (
        "class Pipe:\n    pipes = [{'id': 'a', 'name': 'A'}]\n    def pipe(self, body):\n        return body['model']\n"
    )
    assert run(loader, generation, part("own", pipe), model="own.a").text == "own.a"
    for model in ("own", "own.b"):
        told = run(loader, generation, part("own", pipe), part("shouts", SHOUTS), model=model)
        assert (told.body, told.error.message, told.trace) == ({"detail": "Model not found"}, "Model not found", [])


@pytest.mark.parametrize("pieces", [["<think>hm</think>so"], ["<thi", "nk>hm", "</think>", "so"]])
def test_thoughts_are_set_apart(loader, pieces):
    """What a model says between tags is shown folded, and kept out of the answer."""
    new = run(loader, "0.12", script=({"pieces": pieces},))
    assert [each["type"] for each in new.messages[-1]["output"]] == ["reasoning", "message"]
    assert new.text == "so"
    old = run(loader, "0.6", script=({"pieces": pieces},))
    assert "<summary>Thought for 0 seconds</summary>\n&gt; hm\n</details>\nso" in old.text


@pytest.mark.parametrize(
    ("path", "generation", "text", "body"),
    [
        ("page", "0.12", None, None),
        ("page", "0.6", None, None),
        ("api", "0.12", None, {"detail": "too warm"}),
        ("api", "0.6", None, None),
    ],
)
def test_an_inlet_that_raises_ends_the_turn(loader, path, generation, text, body):
    """The person sees what my filter raised; on a plain call of 0.6 nobody does."""
    raises = "class Filter:\n    def inlet(self, body):\n        raise ValueError('too warm')\n"
    told = run(loader, generation, part("raises", raises), path=path)
    assert (told.text, told.body) == (text, body)
    assert told.error == LoadFailure("ValueError", "too warm", 3, plugin="raises")
    assert told.trace[-1]["error"] == {"exception": "ValueError", "message": "too warm", "line": 3}
    if path == "page":
        assert told.messages[-1]["error"] == {"content": "too warm"}


def test_a_part_that_does_not_load_is_named(loader, generation):
    """I am told which of my plugins did not load, and why."""
    told = loader.chat(
        Turn(QUESTION, (part("shouts", SHOUTS), part("bad", "class Tools:\n    1 / 0\n"))), generation, timeout_s=20
    )
    assert told == LoadFailure("ZeroDivisionError", "division by zero", 2, plugin="bad")


def test_what_plugins_tell_the_page_is_kept_with_the_answer(loader, generation):
    """Citations, files and pages that my pipe shows are in the saved message."""
    pipe = """
class Pipe:
    async def pipe(self, body, __event_emitter__):
        await __event_emitter__({"type": "files", "data": {"files": [{"url": "a"}]}})
        await __event_emitter__({"type": "files", "data": {"files": [{"url": "b"}]}})
        await __event_emitter__({"type": "embeds", "data": {"embeds": ["<p>"]}})
        await __event_emitter__({"type": "citation", "data": {"document": ["d"], "metadata": [{"source": "s"}]}})
        await __event_emitter__({"type": "message", "data": {"content": "lost"}})
        return "kept"
"""
    told = run(loader, generation, part("own", pipe), model="own")
    answer = told.messages[-1]
    assert answer["files"] == [{"url": "b"}, {"url": "a"}]
    assert answer["embeds"] == ["<p>"]
    assert answer["sources"] == [{"document": ["d"], "metadata": [{"source": "s"}]}]
    assert told.text == "kept"
    assert [each["type"] for each in told.events[:2]] == ["files", "files"]


def test_the_server_gives_up_on_a_model_that_only_calls_tools(loader):
    """A model that never answers is stopped after as many rounds as the server allows."""
    native = {"params": {"function_calling": "native"}}
    told = run(loader, "0.6", part("weather", WEATHER), body=native, script=(CALLS,) * 40)
    assert len(told.requests) == 31


@pytest.mark.parametrize("streams", [False, True])
def test_a_plugin_may_ask_a_model_itself(loader, generation, streams):
    """What a pipe before a model asks is answered by the script, and is in the trace."""
    wait = "await " if generation == "0.12" else ""
    source = (
        "from open_webui.models.users import Users\nfrom open_webui.utils.chat import generate_chat_completion\n\n\n"
        "class Pipe:\n    async def pipe(self, body, __user__, __request__):\n"
        f"        user = {wait}Users.get_user_by_id(__user__['id'])\n"
        f"        form = {{'model': 'scripted', 'messages': body['messages'], 'stream': {streams}}}\n"
        "        found = await generate_chat_completion(__request__, form, user)\n"
        "        return found if form['stream'] else found['choices'][0]['message']['content'] + '!'\n"
    )
    told = run(loader, generation, part("p", source), model="p", script=({"text": "as you say"},))
    assert told.text == ("as you say" if streams else "as you say!")
    assert [each["id"] for each in told.trace] == ["p", "scripted"]


def test_a_plugin_asks_no_model_that_is_not_there(loader, generation):
    """A name that no server of mine has is refused in the server's words."""
    source = (
        "from open_webui.utils.chat import generate_chat_completion\n\n\nclass Pipe:\n"
        "    async def pipe(self, body, __request__):\n"
        "        return await generate_chat_completion(__request__, {'model': 'nobody', 'messages': []}, None)\n"
    )
    told = run(loader, generation, part("p", source), model="p")
    assert told.error.message == "Model not found"


def test_a_plugin_finds_the_parts_of_its_turn(loader, generation):
    """A filter looks up tools, functions, agents and valves, as on the server."""
    wait = "await " if generation == "0.12" else ""
    source = (
        "import json\nfrom open_webui.models.functions import Functions\nfrom open_webui.models.models import Models\n"
        "from open_webui.models.tools import Tools\n\n\nclass Filter:\n"
        "    async def inlet(self, body, __user__, __model__):\n"
        f"        tool = {wait}Tools.get_tool_by_id('weather')\n"
        f"        pipes = {wait}Functions.get_functions_by_type('filter', active_only=True)\n"
        f"        agent = {wait}Models.get_model_by_id(__model__['id'])\n"
        f"        valves = {wait}Tools.get_user_valves_by_id_and_user_id('weather', __user__['id'])\n"
        "        told = [tool.specs[0]['name'], tool.name, [each.id for each in pipes], agent.base_model_id, valves]\n"
        "        body['messages'][-1]['content'] = json.dumps(told)\n"
        "        return body\n"
    )
    weather = part("weather", f'"""\ntitle: Weather\n"""\n{WEATHER}', user_valves={"unit": "F"})
    agent = {"id": "helper", "name": "Helper"}
    told = run(loader, generation, part("looks", source), weather, agent=agent)
    found = '["forecast", "Weather", ["looks"], "scripted", {"unit": "F"}]'
    assert told.requests[0]["messages"][-1]["content"].endswith(found)


def test_a_pipe_calls_the_tools_of_its_turn(loader, generation):
    """What a pipe gets of the server for a tool's id is what it can call."""
    wait = "await " if generation == "0.12" else ""
    source = (
        "from open_webui.models.users import Users\nfrom open_webui.utils.tools import get_tools\n\n\nclass Pipe:\n"
        "    async def pipe(self, body, __user__, __request__, __event_emitter__):\n"
        f"        user = {wait}Users.get_user_by_id(__user__['id'])\n"
        "        more = {'__user__': __user__, '__event_emitter__': __event_emitter__}\n"
        "        tools = await get_tools(__request__, ['weather', 'no'], user, more)\n"
        "        return await tools['forecast']['callable'](city='Oslo')\n"
    )
    told = run(loader, generation, part("p", source), part("weather", WEATHER), model="p")
    assert told.text == "Oslo: 21 degrees"


def test_who_brings_tools_of_their_own_gets_no_others(loader):
    """A caller's tools reach the model as they are on 0.12; 0.6 puts those of the request in their place."""
    own = [{"type": "function", "function": {"name": "mine"}}]
    body = {"tools": own, "params": {"function_calling": "native"}}
    new = run(loader, "0.12", part("weather", WEATHER), path="api", body=body)
    assert new.requests[0]["tools"] == own
    old = run(loader, "0.6", part("weather", WEATHER), path="api", body=body)
    assert [each["function"]["name"] for each in old.requests[0]["tools"]] == ["forecast"]


def test_a_system_prompt_is_filled_in_before_filters_see_it(loader, generation):
    """My filter sees the name of who asks and what the request says, and not the places kept for them."""
    asked = [{"role": "system", "content": "Be kind to {{USER_NAME}} in {{TOWN}}."}, *QUESTION]
    told = run(loader, generation, part("shouts", SHOUTS), messages=asked, body={"variables": {"{{TOWN}}": "Oslo"}})
    assert told.trace[0]["before"]["messages"][0]["content"] == "Be kind to User in Oslo."


def test_an_earlier_answer_is_taken_apart(loader):
    """What tools said before is given to the model again, with the calls that nobody answered left out."""
    call = {"type": "function_call", "call_id": "1", "name": "forecast", "arguments": "{}", "status": "completed"}
    result = {"type": "function_call_output", "call_id": "1", "output": [{"type": "input_text", "text": "warm"}]}
    before = {"role": "assistant", "content": "x", "output": [call, result, {**call, "call_id": "2"}]}
    told = run(loader, "0.12", messages=[*QUESTION, before, *QUESTION])
    _, asked, answered, _ = told.requests[0]["messages"]
    assert [each["id"] for each in asked["tool_calls"]] == ["1"]
    assert answered == {"role": "tool", "tool_call_id": "1", "content": "warm"}


def test_a_model_that_refuses_is_told(loader, generation):
    """The person reads the model's own sentence in the chat, and a caller gets what it said."""
    refuses = ({"status": 500, "body": {"error": {"message": "out of order"}}},)
    page = run(loader, generation, script=refuses)
    said = {"0.12": "out of order", "0.6": {"message": "out of order"}}[generation]
    assert page.messages[-1]["error"] == {"content": said}
    api = run(loader, generation, script=refuses, path="api")
    assert (api.body, api.error.message) == ({"error": {"message": "out of order"}}, "out of order")


def test_what_only_a_server_can_do_is_said_to_be_left_out(loader, generation):
    """I am told, and nothing is made up."""
    body = {"features": {"web_search": True, "memory": False}, "files": [{"type": "file", "id": "f"}]}
    told = run(loader, generation, body=body)
    assert [each["id"] for each in told.trace if each["step"] == "left out"] == ["web_search", "files"]


def test_an_image_that_a_tool_returns_is_kept_as_a_file(loader):
    """The chat of 0.12 names the file, and the model is given the image itself."""
    image = "data:image/png;base64,iVBORw0KGgo="
    source = f"class Tools:\n    def forecast(self, city: str):\n        return {image!r}\n"
    told = run(loader, "0.12", part("draws", source), script=(CALLS, {"text": "See."}))
    (kept,) = [each for each in told.messages[-1]["output"] if each["type"] == "function_call_output"]
    assert kept["output"][1]["image_url"].startswith("/api/v1/files/")
    assert told.requests[1]["messages"][-1]["content"][1]["image_url"]["url"] == image


def test_a_long_answer_is_told_whole(loader, generation):
    """A model that speaks at length, through a filter, is no plugin that floods me."""
    pipe = "class Pipe:\n    def pipe(self, body):\n        for n in range(3_000):\n            yield 'word '\n"
    told = run(loader, generation, part("shouts", SHOUTS), part("long", pipe), model="long")
    assert told.text == ("WORD " * 3_000).strip() + " Bye."
