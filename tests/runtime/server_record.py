"""What a real Open WebUI tells of one plugin: part of server_probe.py, and like it run in the server's environment."""

import hashlib
import inspect
import json
import traceback
import types

from open_webui import functions as functions_module
from open_webui.utils import filter as filter_module
from open_webui.utils import models as models_module
from open_webui.utils import plugin as plugin_module
from open_webui.utils import tools as tools_module
from open_webui.utils.plugin import load_function_module_by_id, load_tool_module_by_id, replace_imports
from open_webui.utils.tools import get_functions_from_tool, get_tool_specs

ID = "sample"
IS_ASYNC = inspect.iscoroutinefunction(load_tool_module_by_id)
HOOKS = {
    "pipe": ("pipe", "pipes"),
    "filter": ("inlet", "outlet", "stream", *(["request"] if IS_ASYNC else [])),
    "action": ("action",),
    "event": ("event",),
}
#: priorities of functions beside which a sample is put, to see where it stands
MARKS = (-10.5, -1.5, -0.5, 0.5, 1.5, 4.5, 9.5, 99.5)
FIND_OPTIONS = getattr(plugin_module, "resolve_valves_schema_options", lambda _cls, schema, _user: schema)


# the 0.6 generation would run pip for whatever a frontmatter names
plugin_module.subprocess = types.SimpleNamespace(check_call=lambda _command: 0)


async def answer(kind: str, source: str) -> dict:
    """Load a plugin as the create route does, and gather what the routes, the list of models and a chat tell of it."""
    load = load_tool_module_by_id if kind == "tool" else load_function_module_by_id
    content = replace_imports(source)
    try:
        loaded = load(ID, content=content)
        loaded = await loaded if inspect.isawaitable(loaded) else loaded
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        return {**failure(error), "line": line_in(error)}
    instance = loaded[0]
    type_, frontmatter = ("tool", loaded[1]) if kind == "tool" else loaded[1:3]
    try:
        specs = get_tool_specs(instance) if kind == "tool" else []
    except Exception as error:  # noqa: BLE001 - as above
        return failure(error)
    return {
        "outcome": "ok",
        "content_sha256": hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest(),
        "type": type_,
        "frontmatter": list(frontmatter.items()),
        "specs": specs,
        "hooks": {name: describe(each) for name, each in hooks_of(instance, type_).items()},
        "has_user_valves": hasattr(instance, "UserValves"),
        "valves": schema_of(instance, "Valves"),
        "user_valves": schema_of(instance, "UserValves"),
        **(await MORE[type_](instance, frontmatter, specs)),
    }


def failure(error: BaseException) -> dict:
    """Say what was raised."""
    told = {"outcome": "error", "exception": type(error).__name__, "message": str(error)}
    return {**told, "module": error.name} if isinstance(error, ImportError) else told


def line_in(error: BaseException) -> int | None:
    """Find the innermost line of the plugin's own text that an exception passed through."""
    if isinstance(error, SyntaxError) and error.filename == "<string>":
        return error.lineno
    frames = ((str(frame.f_globals.get("__name__")), line) for frame, line in traceback.walk_tb(error.__traceback__))
    lines = [line for name, line in frames if name.startswith((f"tool_{ID}", f"function_{ID}"))]
    return lines[-1] if lines else None


def hooks_of(instance: object, type_: str) -> dict:
    """Name the methods that the server calls."""
    if type_ == "tool":
        return {each.__name__: each for each in get_functions_from_tool(instance)}
    return {name: getattr(instance, name) for name in HOOKS[type_] if hasattr(instance, name)}


def describe(hook: object) -> dict:
    """Say how a method is called."""
    try:
        parameters = list(inspect.signature(hook).parameters) if callable(hook) else []
    except (TypeError, ValueError):
        parameters = []
    return {
        "parameters": parameters,
        "is_callable": callable(hook),
        "is_async": inspect.iscoroutinefunction(hook) or inspect.isasyncgenfunction(hook),
        "yields": inspect.isgeneratorfunction(hook) or inspect.isasyncgenfunction(hook),
    }


def schema_of(instance: object, name: str) -> dict | None:
    """Answer as the route of the valves' schema does; None where there is no such class, or where it answers 500."""
    try:
        valves = getattr(instance, name)
        return FIND_OPTIONS(valves, valves.schema(), {"role": "admin"})
    except Exception:  # noqa: BLE001 - as above
        return None


async def model_specs(instance: object, _frontmatter: dict, specs: list) -> dict:
    """Ask for a tool as a chat does, and say what its model is given."""
    row = types.SimpleNamespace(id=ID, user_id="u", content="", specs=json.loads(json.dumps(specs, default=repr)))
    tools_module.Tools = types.SimpleNamespace(
        get_tools_by_ids=later({ID: row}),
        get_tool_by_id=lambda _id: row,
        get_tool_valves_by_id=coloured(lambda _id: {}),
        get_user_valves_by_id_and_user_id=coloured(lambda *_ids: {}),
    )
    tools_module.Groups = types.SimpleNamespace(get_groups_by_member_id=later([]))
    state = types.SimpleNamespace(TOOLS={ID: instance}, TOOL_CONTENTS={ID: ""})
    request = types.SimpleNamespace(app=types.SimpleNamespace(state=state))
    user = types.SimpleNamespace(id="u", role="admin")
    try:
        given = await tools_module.get_tools(request, [ID], user, {"__user__": {"id": "u"}})
    except Exception as error:  # noqa: BLE001 - as above
        return {"model_specs": failure(error)}
    return {"model_specs": [each["spec"] for each in given.values()]}


async def pipe_models(instance: object, _frontmatter: dict, _specs: list) -> dict:
    """Ask for the models of a pipe, as the list of models does."""
    functions_module.get_function_module_from_cache = coloured(lambda *_a, **_m: (instance, None, None))
    functions_module.Functions = types.SimpleNamespace(
        get_functions_by_type=coloured(lambda *_a, **_m: [row_of(ID, "pipe", {})]),
        get_function_valves_by_id=coloured(lambda _id: None),
    )
    found = await functions_module.get_function_models(None)
    return {"models": [{"id": each["id"], "name": each["name"]} for each in found]}


async def buttons(instance: object, frontmatter: dict, _specs: list) -> dict:
    """Ask for the buttons of an action, as the list of models does, among other actions."""
    return await listed("action", instance, frontmatter)


async def switch(instance: object, frontmatter: dict, _specs: list) -> dict:
    """Ask for the switch of a filter, as the list of models does, and for its place in a chain."""
    return {
        **await listed("filter", instance, frontmatter),
        "toggle": bool(getattr(instance, "toggle", False)),
        "place": await place_in_chain(instance),
    }


async def nothing(*_: object) -> dict:
    """Say nothing more of an event."""
    return {}


MORE = {"tool": model_specs, "pipe": pipe_models, "filter": switch, "action": buttons, "event": nothing}


async def listed(type_: str, instance: object, frontmatter: dict) -> dict:
    """Let the server make its list of one model, and read what stands there of the functions."""
    instances = {ID: instance, **(marks() if type_ == "action" else {})}
    rows = {id_: row_of(id_, type_, frontmatter if id_ == ID else {}) for id_ in instances}
    models_module.get_all_base_models = later([{"id": "m", "name": "M", "owned_by": "openai"}])
    models_module.Functions = functions_of(type_, rows)
    models_module.Models = types.SimpleNamespace(get_all_models=coloured(list))
    models_module.Config = types.SimpleNamespace(get_many=later({}))
    models_module.get_functions_cache = lambda _request: instances
    models_module.get_function_module_from_cache = coloured(lambda _request, id_, **_m: (instances[id_], None, None))
    config = types.SimpleNamespace(ENABLE_EVALUATION_ARENA_MODELS=False, ENABLE_BASE_MODELS_CACHE=False)
    state = types.SimpleNamespace(MODELS={}, BASE_MODELS=[], redis=None, config=config)
    try:
        (model,) = await models_module.get_all_models(types.SimpleNamespace(app=types.SimpleNamespace(state=state)))
    except Exception as error:  # noqa: BLE001 - as above
        return {"listed": failure(error)}
    own = [each for each in model[f"{type_}s"] if each["id"].partition(".")[0] == ID]
    found = {"listed": [{key: each[key] for key in ("id", "name", "icon")} for each in own]}
    if type_ == "action" and IS_ASYNC and own:
        # the 0.6 generation has them in no order
        found["place"] = place_among([each["id"] for each in model["actions"]])
    return found


async def place_in_chain(instance: object) -> dict | str:
    """Let the server put a filter in order with others, and say between which, or the error that ends the chat."""
    instances = {ID: instance, **marks()}
    filter_module.Functions = functions_of("filter", {id_: row_of(id_, "filter", {}) for id_ in instances})
    context = types.SimpleNamespace(get_active_filters=later([(each, True) for each in instances]))
    filter_module.get_filter_context = lambda _request: context
    filter_module.get_function_module = coloured(lambda _request, id_, *_a, **_m: instances[id_])
    try:
        found = filter_module.get_sorted_filter_ids(None, {}, [ID])
        return place_among(await found if inspect.isawaitable(found) else found)
    except Exception as error:  # noqa: BLE001 - as above
        return type(error).__name__


def place_among(ids: list) -> dict:
    """Say of which priorities the functions are that stand before and after a sample."""
    found = [None if each.partition(".")[0] == ID else float(each.removeprefix("mark")) for each in ids]
    own = [number for number, each in enumerate(found) if each is None]
    return {"after": found[: own[0]], "before": found[own[-1] + 1 :]}


def marks() -> dict:
    """Make the functions beside which a sample stands, by id; the 0.12 generation asks their valves for a priority."""
    return {
        f"mark{each}": types.SimpleNamespace(Valves=lambda each=each, **_saved: types.SimpleNamespace(priority=each))
        for each in MARKS
    }


def row_of(id_: str, type_: str, frontmatter: dict) -> types.SimpleNamespace:
    """Make the row of a function, as far as it is looked at."""
    meta = types.SimpleNamespace(description=None, manifest=frontmatter)
    return types.SimpleNamespace(id=id_, name="Sample", type=type_, created_at=1, meta=meta)


def functions_of(type_: str, rows: dict) -> types.SimpleNamespace:
    """Play the table of functions: all are active and global; the marks have saved a priority, a sample has not."""
    saved = {id_: {"priority": float(id_.removeprefix("mark"))} for id_ in rows if id_ != ID}
    every = list(rows.values())
    return types.SimpleNamespace(
        get_active_function_ids_by_type=coloured(lambda asked: [(id_, True) for id_ in rows if asked == type_]),
        get_functions_by_ids=coloured(lambda _ids: every),
        get_function_valves_by_ids=coloured(lambda _ids: saved),
        get_global_action_functions=lambda: every if type_ == "action" else [],
        get_global_filter_functions=lambda: every if type_ == "filter" else [],
        get_functions_by_type=lambda asked, **_more: every if asked == type_ else [],
        get_function_by_id=rows.get,
        get_function_valves_by_id=saved.get,
    )


def later(value: object):
    """Make a coroutine function that gives a value."""

    async def give(*_args: object, **_more: object) -> object:
        return value

    return give


def coloured(function):
    """Make of a function what the generation has: 0.12 awaits its tables."""

    async def give(*args: object, **more: object) -> object:
        return function(*args, **more)

    return give if IS_ASYNC else function
