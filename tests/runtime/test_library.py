"""What is played of the server's own modules has the names, signatures and colours of each version."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import subprocess
import sys

import pytest

from cochat_devkit.facts import VERSIONS, read_facts
from cochat_devkit.plugin import Call, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader
from cochat_devkit.runtime.standins import library
from cochat_devkit.runtime.standins.finder import install, uninstall
from cochat_devkit.runtime.standins.library import PLAYED, memory, plays_in
from cochat_devkit.runtime.standins.playing import NEEDLESS, coloured
from cochat_devkit.runtime.standins.refusing import NotOffline
from tests.runtime.library_runner import got


def _played():
    """Walk whatever is played: module, name and what plays it."""
    for module in PLAYED:
        for name, player in plays_in(module).items():
            if inspect.isroutine(player):
                yield module, name, player
            else:
                methods = [each for each in vars(type(player)) if not each.startswith("_")]
                yield from ((module, f"{name}.{each}", getattr(player, each)) for each in methods)


ALL = [pytest.param(*each, id=".".join(each[:2]).removeprefix("open_webui.")) for each in _played()]


@pytest.fixture(params=list(VERSIONS))
def generation(request, tmp_path):
    """Play each generation in turn."""
    install(request.param, tmp_path)
    yield request.param
    uninstall()


@pytest.mark.parametrize(("module", "name", "player"), ALL)
def test_what_is_played_has_the_signature_and_colour_of_the_version(generation, module, name, player):
    """An argument or an await that is wrong on my server is wrong here, and what it lacks is not here either."""
    entry = _fact_of(generation, module, name)
    found = _find(module, name)
    if entry is None:
        assert found is None
        return
    assert inspect.iscoroutinefunction(found) == ("async" in entry)
    assert list(inspect.signature(found).parameters) == _parameters(entry)
    required = {each.name for each in inspect.signature(found).parameters.values() if each.default is each.empty}
    assert required - {*NEEDLESS} <= inspect.signature(player).parameters.keys()


@pytest.mark.parametrize(("module", "name", "player"), ALL)
def test_nothing_is_played_that_no_version_has(module, name, player):
    """Each function that is played is some server's, and each of its parameters."""
    entries = [entry for generation in VERSIONS if (entry := _fact_of(generation, module, name))]
    assert inspect.signature(player).parameters.keys() <= {each for entry in entries for each in _parameters(entry)}


def test_what_is_there_is_found_by_the_plugin(generation):
    """Whoever runs a plugin says who is there; after the next start nobody is."""
    memory.add_user(id="u", name="Ann", role="admin")
    users = importlib.import_module("open_webui.models.users")
    assert memory.rows("user").keys() == {"u"}
    assert users.UserModel(**memory.rows("user")["u"]).name == "Ann"
    install(generation)
    assert memory.rows("user") == {}


@pytest.mark.usefixtures("generation")
def test_whatever_is_put_there_can_be_read():
    """Each kind of thing that a test may put there is found by the plugin."""
    memory.add_file(id="f", user_id="u", filename="a.txt", data={"content": "text"})
    memory.add_tool(id="t", user_id="u", content="class Tools: ...", specs=[])
    memory.add_function(id="p", user_id="u", type="pipe", content="class Pipe: ...", valves={"a": 1})
    memory.add_model(id="m", user_id="u", base_model_id="gpt", params={"system": "You help."})
    memory.add_memory(id="r", user_id="u", content="likes tea")
    memory.add_folder(id="d", user_id="u", name="Work")
    asked = {
        "files.Files.get_file_by_id": ("f", "a.txt", "filename"),
        "tools.Tools.get_tool_by_id": ("t", "t", "name"),
        "functions.Functions.get_function_by_id": ("p", "pipe", "type"),
        "models.Models.get_model_by_id": ("m", "gpt", "base_model_id"),
        "memories.Memories.get_memory_by_id": ("r", "likes tea", "content"),
    }

    async def ask(name, id_):
        module, table, method = name.split(".")
        return await got(getattr(getattr(importlib.import_module(f"open_webui.models.{module}"), table), method)(id_))

    for name, (id_, value, column) in asked.items():
        assert getattr(asyncio.run(ask(name, id_)), column) == value
    folders = importlib.import_module("open_webui.models.folders").Folders

    async def find():
        return await got(folders.get_folder_by_id_and_user_id("d", "u"))

    assert asyncio.run(find()).name == "Work"


@pytest.mark.usefixtures("generation")
def test_a_turn_and_a_plugin_write_the_same_messages():
    """What a plugin writes into the chat of a running turn is in the turn, and the other way round."""
    held = {"a": {"id": "a", "role": "user", "content": "hello", "parentId": None, "childrenIds": []}}
    memory.add_user(id="u")
    memory.add_chat(id="c", user_id="u", held=held)
    chats = importlib.import_module("open_webui.models.chats").Chats

    async def use():
        await got(chats.add_message_files_by_id_and_message_id("c", "a", [{"id": "f"}]))
        assert held["a"]["files"] == [{"id": "f"}]
        held["a"]["content"] = "bye"
        return await got(chats.get_message_by_id_and_message_id("c", "a"))

    found = asyncio.run(use())
    assert (found["content"], found["files"]) == ("bye", [{"id": "f"}])


@pytest.mark.usefixtures("generation")
def test_what_is_not_played_of_a_class_refuses():
    """A method that nobody plays says so by name."""
    table = importlib.import_module("open_webui.models.users").Users

    async def ask():
        return await got(table.get_users_by_group_id("g"))

    with pytest.raises(NotOffline, match=r"models\.users\.UsersTable\.get_users_by_group_id"):
        asyncio.run(ask())


def test_nothing_is_played_before_a_plugin_asks_for_it():
    """A plugin that imports nothing of the server's pays for nothing of it."""
    program = "import sys, cochat_devkit.runtime.child\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    played = {each.rpartition(".")[2] for each in loaded if each.startswith(f"{library.__name__}.")}
    assert played <= {"memory", "completions", "offered_tools"}
    assert not loaded & {"fastapi", "starlette", "sqlalchemy", "http.client", "open_webui"}


def test_an_argument_that_nobody_plays_is_refused_where_it_is_given():
    """What a call would do with it, I do not have to guess."""
    entry = {"takes": "self, name: str, version_id: str | None=None, *, db=None, limit: int=..."}
    made = coloured("m", "Table.get", entry, lambda name, limit=3: [name, limit])
    assert made(None, "a", db="session") == ["a", 3]
    assert made(None, "a", limit=4) == ["a", 4]
    with pytest.raises(NotOffline, match=r"^m\.Table\.get with version_id is"):
        made(None, "a", version_id="v")
    with pytest.raises(TypeError, match=r"^Table\.get\(\) missing 1 required positional argument: 'name'$"):
        made(None)


def _fact_of(generation, module, name):
    names = read_facts(VERSIONS[generation]).get(module, {"names": {}})["names"]
    first, _, method = name.partition(".")
    return names.get(first, {}).get("members", {}).get(method) if method else names.get(first)


def _find(module, name):
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return None
    for each in name.split("."):
        found = getattr(found, each, None)
    return found


def _parameters(entry):
    (function,) = ast.parse(f"def f({entry['takes']}): ...").body
    return [each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)]


def test_a_tool_finds_who_calls_it_and_the_chat(generation):
    """What a call says of the person and of the chat, the plugin can look up."""
    wait = "await " if generation == "0.12" else ""
    source = (
        "from open_webui.models.users import Users\nfrom open_webui.models.chats import Chats\n\n\nclass Tools:\n"
        "    async def who(self, __user__: dict, __metadata__: dict) -> str:\n"
        f"        person = {wait}Users.get_user_by_id(__user__['id'])\n"
        f"        chat = {wait}Chats.get_chat_by_id_and_user_id(__metadata__['chat_id'], person.id)\n"
        "        return f'{person.role} {chat.title}'\n"
    )
    loader = ChildLoader()
    try:
        request = LoadRequest("tool", "t", source, generation=generation)
        assert loader.call(request, Call("who", {}, role="admin"), timeout_s=20).text == "admin New Chat"
    finally:
        loader.close()
