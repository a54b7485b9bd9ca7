"""Say what a real Open WebUI makes of plugins: `python -I server_probe.py SAMPLES.json ANSWERS.json`.

Runs in the server's own environment, where this project is not installed.
"""

import asyncio
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import json
import sys
import types
import warnings
from pathlib import Path
from unittest.mock import MagicMock

#: the packages that tests/contract/real/ leaves out of the 0.6 generation's environment
ABSENT = frozenset({
    "accelerate", "azure", "boto3", "botocore", "chromadb", "colbert", "ddgs", "faster_whisper", "fpdf", "google",
    "msal", "nltk", "onnxruntime", "opensearchpy", "pandas", "pyarrow", "pydub", "sentence_transformers", "soundfile",
    "torch", "transformers", "youtube_transcript_api",
})  # fmt: skip


class Hollow(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import a mock for each package that was left out of the server's environment."""

    def find_spec(self, fullname, _path=None, _target=None):
        absent = fullname.partition(".")[0] in ABSENT
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True) if absent else None

    def create_module(self, spec):
        return MagicMock(name=spec.name, __path__=[], __spec__=spec)

    def exec_module(self, module):
        pass


hollow = Hollow()
sys.meta_path.append(hollow)
#: no call here looks for anything in a vector database
chroma = types.ModuleType("open_webui.retrieval.vector.dbs.chroma")
chroma.ChromaClient = MagicMock
sys.modules[chroma.__name__] = chroma

import open_webui.functions as functions_module  # noqa: E402
from open_webui.utils import filter as filter_module  # noqa: E402
from open_webui.utils import middleware  # noqa: E402
from open_webui.utils.plugin import load_function_module_by_id, load_tool_module_by_id, replace_imports  # noqa: E402
from open_webui.utils.tools import (  # noqa: E402
    get_async_tool_function_and_apply_extra_params,
    get_tool_specs,
    get_updated_tool_function,
)

try:
    from open_webui.utils import actions as actions_module
except ImportError:
    from open_webui.utils import chat as actions_module

sys.path.insert(0, str(Path(__file__).parent))
from server_record import answer  # noqa: E402

sys.meta_path.remove(hollow)
#: 0.12 has the whole of a call in one function
middleware_calls = hasattr(middleware, "execute_tool_call")


async def call(source: str, arguments: dict) -> dict:
    """Call the one method of a tool as a chat does for a model, and say what the model reads of it."""
    loaded = load_tool_module_by_id("sample", content=replace_imports(source))
    instance = (await loaded if inspect.isawaitable(loaded) else loaded)[0]
    (spec,) = get_tool_specs(instance)
    name = spec["name"]
    function = get_async_tool_function_and_apply_extra_params(getattr(instance, name), {"__id__": "sample"})
    function = await function if inspect.isawaitable(function) else function
    if middleware_calls:
        metadata = {"tools": {name: {"callable": function, "spec": spec, "type": ""}}}
        asked = {"id": "1", "function": {"name": name, "arguments": json.dumps(arguments)}}
        _, value, *_ = await middleware.execute_tool_call({"messages": ["m"]}, metadata, None, asked)
    else:
        allowed = spec["parameters"]["properties"]
        try:
            value = await get_updated_tool_function(function, {"__messages__": ["m"], "__files__": []})(
                **{key: each for key, each in arguments.items() if key in allowed}
            )
        except Exception as error:  # noqa: BLE001 - as the server does
            value = str(error)
    told = middleware.process_tool_result(None, name, value, "", direct_tool=False, metadata={}, user=None)
    text, files, embeds = await told if inspect.isawaitable(told) else told
    return {"text": text if isinstance(text, str | None) else repr(text), "files": files, "embeds": embeds}


async def chain(filters: list, hook: str, payload: object) -> dict:
    """Let filters make something of a payload, in the server's order and by its own loop."""
    loaded, rows, valves, user_valves = {}, {}, {}, {}
    for id_, source, saved, saved_by_user in filters:
        found = load_function_module_by_id(id_, content=replace_imports(source))
        loaded[id_] = (await found if inspect.isawaitable(found) else found)[0]
        rows[id_] = types.SimpleNamespace(id=id_)
        valves[id_], user_valves[id_] = saved, saved_by_user
    is_new = hasattr(filter_module, "resolve_filter_pipeline")
    context = types.SimpleNamespace(get_active_filters=_later([(each, True) for each in rows]))
    filter_module.get_filter_context = lambda _request: context
    filter_module.get_function_module = _colour(lambda _request, id_, *_a, **_m: loaded[id_], is_new)
    filter_module.get_user_valves = _later_called(lambda id_, _user, model: model(**user_valves[id_]))
    filter_module.Functions = types.SimpleNamespace(
        get_functions_by_ids=_later(list(rows.values())),
        get_function_valves_by_ids=_later(valves),
        get_global_filter_functions=lambda: list(rows.values()),
        get_functions_by_type=lambda *_a, **_m: list(rows.values()),
        get_function_by_id=rows.get,
        get_function_valves_by_id=valves.get,
        get_user_valves_by_id_and_user_id=lambda id_, _user: user_valves[id_],
    )
    try:
        if is_new:
            _, functions = await filter_module.resolve_filter_pipeline(None, {}, [])
            told, _ = await filter_module.process_filter_functions(None, None, functions, hook, payload, offered())
        else:
            functions = [rows[each] for each in filter_module.get_sorted_filter_ids(None, {}, [])]
            told, _ = await filter_module.process_filter_functions(None, functions, hook, payload, offered())
    except Exception as error:  # noqa: BLE001 - a filter may raise anything
        return {"exception": type(error).__name__, "message": str(error)}
    return {"payload": json.loads(json.dumps(told, default=lambda value: type(value).__name__))}


async def pipe(source: str, body: dict, saved: dict, saved_by_user: dict) -> dict:
    """Let a pipe answer by the server's own code, and read what comes out, streamed or whole."""
    found = load_function_module_by_id("sample", content=replace_imports(source))
    instance = (await found if inspect.isawaitable(found) else found)[0]
    is_new = inspect.iscoroutinefunction(functions_module.get_function_module_by_id)
    cached = (instance, None, None)
    give = _colour(lambda *_a, **_m: cached, is_new)
    functions_module.get_function_module_from_cache = give
    valves = {"get_function_valves_by_id": saved, "get_user_valves_by_id_and_user_id": saved_by_user}
    functions_module.Functions = types.SimpleNamespace(
        **{name: _colour(lambda *_a, value=value: value, is_new) for name, value in valves.items()}
    )
    functions_module.Models = types.SimpleNamespace(get_model_by_id=_colour(lambda _id: None, is_new))
    functions_module.get_tools = _later({})
    functions_module.get_system_oauth_token = _later(None)
    times = dict.fromkeys(("last_active_at", "updated_at", "created_at"), 1)
    user = functions_module.UserModel(
        id="u", name="n", email="e@x.test", role="user", profile_image_url="/user.png", **times
    )
    request = types.SimpleNamespace(state=types.SimpleNamespace(), cookies={}, app=None)
    form = {**body, "metadata": {"chat_id": "c", "task": "t", "files": [1], "tool_ids": None}}
    try:
        told = await functions_module.generate_function_chat_completion(request, form, user, {})
        if hasattr(told, "body_iterator"):
            return {"stream": [each async for each in told.body_iterator]}
    except Exception as error:  # noqa: BLE001 - a pipe may raise anything
        return {"exception": type(error).__name__, "message": str(error)}
    return {"whole": told}


async def action(source: str, asked: str, saved: dict, saved_by_user: dict) -> dict:
    """Press the button of an action by the server's own code: what goes back to the page, and what was emitted."""
    found = load_function_module_by_id("sample", content=replace_imports(source))
    instance = (await found if inspect.isawaitable(found) else found)[0]
    place = actions_module
    is_new = place.__name__.endswith("actions")
    row = types.SimpleNamespace(type="action", is_active=True)
    told_by = {
        "get_function_by_id": row,
        "get_function_valves_by_id": saved,
        "get_user_valves_by_id_and_user_id": saved_by_user,
    }
    events: list = []
    place.Functions = types.SimpleNamespace(
        **{name: _colour(lambda *_a, value=value: value, is_new) for name, value in told_by.items()}
    )
    place.get_function_module_from_cache = _colour(lambda *_a, **_m: (instance, None, None), is_new)
    place.get_event_emitter = _colour(lambda _info: _later_called(events.append), is_new)
    place.get_event_call = _colour(lambda _info: _later("yes"), is_new)
    times = dict.fromkeys(("last_active_at", "updated_at", "created_at"), 1)
    user = functions_module.UserModel(
        id="u", name="n", email="e@x.test", role="admin", profile_image_url="/user.png", **times
    )
    state = types.SimpleNamespace(MODELS={"m": {"id": "m"}})
    request = types.SimpleNamespace(state=types.SimpleNamespace(), app=types.SimpleNamespace(state=state))
    body = {"model": "m", "messages": [], "chat_id": "c", "id": "i", "session_id": "s"}
    try:
        told = await place.chat_action(request, asked, body, user)
    except Exception as error:  # noqa: BLE001 - an action may raise anything
        told = error
    # 0.6 gives the exception back, and 0.12 raises it; both put a word before it
    said = {"exception": str(told).removeprefix("Error: ")} if isinstance(told, Exception) else {"told": told}
    readable = json.loads(json.dumps(said, default=lambda value: type(value).__name__))
    return {**readable, "events": [each["type"] for each in events]}


async def library(source: str) -> dict:
    """Run what uses the server's own modules, on an empty database."""
    from open_webui.internal.db import engine

    with engine.begin() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for table in set(tables) - {"alembic_version", "migratehistory"}:
            connection.exec_driver_sql(f'DELETE FROM "{table}"')
    return await runner.run_sample(source)


def offered() -> dict:
    """Make the reserved arguments that the samples look at."""
    return {"__user__": {"id": "u"}, "__model__": {"id": "m"}, "__metadata__": {"chat_id": "c"}, "__body__": {"all": 1}}


def _later(value: object):
    async def give(*_args: object, **_more: object) -> object:
        return value

    return give


def _later_called(function):
    async def give(*args: object, **more: object) -> object:
        return function(*args, **more)

    return give


def _colour(function, is_async):
    return _later_called(function) if is_async else function


async def answer_all(samples: dict) -> dict:
    """Answer all samples inside one running event loop; the second of a call or a chain is its arguments."""
    special = {"call": call, "chain": chain, "pipe": pipe, "action": action, "library": library}
    return {
        name: await special[kind](*asked) if kind in special else await answer(kind, asked)
        for name, (kind, asked) in samples.items()
    }


runner_spec = importlib.util.spec_from_file_location("runner", Path(__file__).with_name("library_runner.py"))
runner = importlib.util.module_from_spec(runner_spec)
runner_spec.loader.exec_module(runner)
warnings.simplefilter("ignore")
answers = asyncio.run(answer_all(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
Path(sys.argv[2]).write_text(json.dumps(answers, default=repr), encoding="utf-8")
