"""Chat: run one whole turn of a chat here, through filters, tools and pipes of the workspace, as the server would."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from cochat_devkit.errors import LoadFailed, UsageError
from cochat_devkit.events import Report
from cochat_devkit.kinds import kind_named, ref_of
from cochat_devkit.kinds.names import RAW
from cochat_devkit.operations.check import choose_plugins, generation_of, load_failed
from cochat_devkit.operations.packages import python_of
from cochat_devkit.operations.payloads import changes
from cochat_devkit.operations.trust import require_trust
from cochat_devkit.plugin import LoadFailure, LoadRequest, Part, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.plugin import Generation, PluginLoader, TurnResult
    from cochat_devkit.resource import Json
    from cochat_devkit.workspace.tree import LocalResource

SCRIPTED = "scripted"


@dataclass(frozen=True)
class ChatRequest:
    """Say what is asked of whom.

    `agent`, `tools`, `filters` and `pipe` are paths or addresses in the workspace. `enabled` are the filters with a
    toggle that are switched on. `valves` and `user_valves` are what is saved, by plugin. `model` is "scripted" or the
    base URL of an OpenAI-compatible model, as `NAME@URL` where several are served there and none is the agent's; its
    key is in the environment variable `key_from`. `script`, `role`, `replies`, `path` and `body` are as in `Turn`.
    """

    text: str
    agent: str | None = None
    tools: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    pipe: str | None = None
    enabled: tuple[str, ...] = ()
    valves: Mapping[str, Json] = field(default_factory=dict)
    user_valves: Mapping[str, Json] = field(default_factory=dict)
    model: str = SCRIPTED
    key_from: str = "OPENAI_API_KEY"
    script: tuple[Json, ...] = ()
    role: str = "user"
    replies: Json = field(default_factory=dict)
    path: Literal["page", "api"] = "page"
    body: Json = field(default_factory=dict)


def chat(config: Config, asked: ChatRequest, *, generation: Generation | None, timeout_s: float) -> Report:
    """Run a turn: its whole result, and of each step what it changed.

    Raises:
        UsageError: a word names no plugin, or one of another type.
        NotTrusted: a plugin came from a server, and nobody here has said that it may run.
        LoadFailed: a plugin does not load.
        RemoteError: the model at a URL cannot be asked.
    """
    from cochat_devkit.runtime.child_loader import ChildLoader

    agent = _one(config, asked.agent, ("agent",)) if asked.agent else None
    found = _plugins(config, asked, agent)
    require_trust(config, found)
    generation = generation or generation_of(config)
    with ExitStack() as stack:
        endpoint, model = _open_model(asked, agent, stack)
        loader = stack.enter_context(closing(ChildLoader(python=python_of(config))))
        turn = _make_turn(config, asked, agent, found, endpoint, model)
        if asked.pipe and turn.endpoint is None:
            turn = _with_model(turn, _pipe_and_model(asked.pipe)[1], loader, generation)
        result = loader.chat(turn, generation, timeout_s=timeout_s)
    if isinstance(result, LoadFailure):
        raise _failed(found, result)
    return _report(result)


def _with_model(turn: Turn, wanted: str, loader: PluginLoader, generation: Generation) -> Turn:
    """Ask a pipe that has models of its own for the wanted one of them, or the first.

    Raises:
        UsageError: it has not the one that is wanted.
    """
    part = next(each for each in turn.parts if each.request.id == turn.model)
    offer = loader.find_offer(replace(part.request, generation=generation), part.valves)
    if isinstance(offer, LoadFailure):
        return turn  # the turn itself tells what is wrong with it
    models = [str(each["id"]) for each in offer.models or []]
    if wanted and wanted not in models:
        some = ", ".join(models) or "none"
        raise UsageError(
            f"{turn.model} has no model {wanted}; it has: {some}", hint=f"cochat run pipe/{turn.model} pipes"
        )
    chosen = wanted or next(iter(models), "")
    return replace(turn, model=f"{turn.model}.{chosen}" if chosen else turn.model)


def _failed(found: Sequence[LocalResource], failure: LoadFailure) -> LoadFailed:
    """Name the plugin that did not load; a turn whose process came to an end is nobody's in particular."""
    for each in found:
        if str(each.resource.key.slug) == failure.plugin:
            return load_failed(each.path, failure)
    hint = "give it more time: --timeout 600" if failure.exception == "TimedOut" else None
    return LoadFailed(f"the chat came to no end: {failure.message}", hint=hint)


def _report(result: TurnResult) -> Report:
    trace = [{**each, "changes": changes(each.get("before"), each.get("after"))} for each in result.trace]
    failed = [each for each in result.trace if each.get("error")]
    told = asdict(result)
    # `requests` are those of ours to a server, wherever a command tells of them
    told["payloads"] = told.pop("requests")
    return Report(
        counts={"steps": len(trace), "events": len(result.events), "failed": len(failed)},
        extra={**told, "trace": trace},
        exit_code=1 if failed or result.error else 0,
    )


def _plugins(config: Config, asked: ChatRequest, agent: LocalResource | None) -> list[LocalResource]:
    """Find the plugins that are named, and those that the agent names, each once."""
    body: Mapping[str, Any] = agent.resource.body if agent else {}
    words = [(each, ("tool",)) for each in (*asked.tools, *_refs(body.get("tools")))]
    words += [(each, ("filter",)) for each in (*asked.filters, *_refs(body.get("filters")))]
    words += [(_pipe_and_model(asked.pipe)[0], ("pipe",))] if asked.pipe else []
    found = [_one(config, word, types) for word, types in words]
    return list({each.path: each for each in found}.values())


def _pipe_and_model(word: str) -> tuple[str, str]:
    """Take a `pipe/router.small` apart, as the server names the models of a pipe: (the pipe, its model)."""
    if word.endswith(".py"):
        return word, ""
    pipe, _, model = word.partition(".")
    return pipe, model


def _refs(refs: Json) -> list[str]:
    """Take the addresses of files; what only its own server knows by an id is nothing that could run here."""
    return [each for each in refs or [] if not str(each).startswith(RAW)]


def _one(config: Config, word: str, types: Sequence[str]) -> LocalResource:
    """Find the one resource that a path, an address or a bare name stands for.

    Raises:
        UsageError: there is none, or it is of another type.
    """
    wanted = " or ".join(types)
    is_bare = "/" not in word and not word.endswith((".py", ".md"))
    chosen, _tree = choose_plugins(config, [f"{types[0]}/{word}" if is_bare else word])
    fitting = [each for each in chosen if (each.resource.type or each.resource.key.kind) in types]
    if len(chosen) != 1 or len(fitting) != 1:
        raise UsageError(f"{word} is not one {wanted}", hint=f"see them: cochat ls --kind {types[0]}")
    return fitting[0]


def _open_model(asked: ChatRequest, agent: LocalResource | None, stack: ExitStack) -> tuple[str | None, str]:
    """Open the way to the model: (its address for the plugins' process, its name)."""
    if asked.model == SCRIPTED:
        return None, SCRIPTED
    import os

    from cochat_devkit.api.relay import choose_model, open_relay

    name, _, url = asked.model.rpartition("@") if "@http" in asked.model else ("", "", asked.model)
    if not url.startswith(("http://", "https://")):
        raise UsageError(
            f"{asked.model!r} is no model", hint="give scripted, or a URL as in http://localhost:11434/v1, or NAME@URL"
        )
    key = os.environ.get(asked.key_from)
    name = name or choose_model(url, key, agent.resource.body.get("base") if agent else None)
    return stack.enter_context(open_relay(url, key)), name


def _make_turn(
    config: Config,
    asked: ChatRequest,
    agent: LocalResource | None,
    found: Sequence[LocalResource],
    endpoint: str | None,
    model: str,
) -> Turn:
    parts = tuple(_part(config, each, asked) for each in found)
    pipe = next((each.request.id for each in parts if _is_of(each, found, "pipe")), None)
    return Turn(
        messages=[{"role": "user", "content": asked.text}],
        parts=parts,
        model=pipe if pipe is not None and model == SCRIPTED else model,
        path=asked.path,
        body=asked.body,
        enabled=tuple(each.rpartition("/")[2] for each in asked.enabled),
        script=asked.script,
        endpoint=endpoint,
        role=asked.role,
        replies=asked.replies,
        agent=_agent_row(agent) if agent else None,
    )


def _is_of(part: Part, found: Sequence[LocalResource], type_: str) -> bool:
    return any(str(each.resource.key.slug) == part.request.id and each.resource.type == type_ for each in found)


def _part(config: Config, each: LocalResource, asked: ChatRequest) -> Part:
    kind = kind_named(each.resource.key.kind)[0].plugin
    assert kind is not None  # noqa: S101 - only tools and functions were chosen
    id_ = str(each.resource.key.slug)
    names = (id_, ref_of(each.resource.key), f"{each.resource.type}/{id_}", each.path)
    saved, user_saved = (
        {name: value for ref in names for name, value in given.get(ref, {}).items()}
        for given in (asked.valves, asked.user_valves)
    )
    return Part(LoadRequest(kind, id_, each.text, config.root / each.path), saved, user_saved)


def _agent_row(agent: LocalResource) -> Json:
    """Write an agent as a server has it, as far as a turn asks."""
    body: Mapping[str, Any] = agent.resource.body
    params = {**(body.get("params") or {}), **({"system": body["system"]} if body.get("system") else {})}
    return {
        "id": str(agent.resource.key.slug),
        "name": body.get("name"),
        "params": params,
        "meta": {"description": body.get("description", ""), **(body.get("meta") or {})},
    }
