"""What comes out of the plugins of plugins/ that are run, beside what comes out of them on a real server.

The server's own code makes the calls, lets the pipes answer and runs the filters, as in a chat; chats as a whole are
those of chats/.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cochat_devkit.facts import VERSIONS
from cochat_devkit.plugin import LoadRequest
from cochat_devkit.runtime import pipe_calls
from cochat_devkit.runtime.filter_chain import Link, order, run_chain
from cochat_devkit.runtime.loading import load_here, stored_specs
from cochat_devkit.runtime.saved_valves import apply_valves_to_pipe
from cochat_devkit.runtime.tool_calls import call_tool
from tests.parity.index import fact_of
from tests.parity.loading import all_plugins
from tests.parity.report import Row
from tests.parity.runs import CALLS, CHAINS, PIPE_USER_VALVES, PIPE_VALVES, PIPES
from tests.runtime.server_probe_runner import ask_server

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from cochat_devkit.plugin import Generation, PluginKind
    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.loading import Loaded

_SOURCES = {each.name: each.source for each in all_plugins()}
#: as the probe offers it to filters
_TO_FILTERS = {
    "__user__": {"id": "u"},
    "__model__": {"id": "m"},
    "__metadata__": {"chat_id": "c"},
    "__body__": {"all": 1},
}
#: as the probe's request has it: a chat without a message is no chat, and has neither emitter nor caller
_METADATA = {"chat_id": "c", "task": "t", "files": [1], "tool_ids": None}
_TO_PIPES: Json = {
    **dict.fromkeys(pipe_calls.OFFERED),
    "__chat_id__": "c",
    "__task__": "t",
    "__files__": [1],
    "__metadata__": _METADATA,
    "__tools__": {},
}


class Run(NamedTuple):
    """One thing that is asked of both sides: its area and name, the plugin that it shows, and how each is asked."""

    area: str
    name: str
    plugin: str
    to_server: tuple[str, Json]
    here: Callable[[Generation, Path], Coroutine[None, None, Json]]


def all_runs() -> dict[str, Run]:
    """List what is run, by name."""
    runs = [
        *(_call(tool, arguments) for tool, arguments in CALLS.items()),
        *(_pipe(name, streamed=streamed) for name in PIPES for streamed in (False, True)),
        *(_chain(name) for name in CHAINS),
    ]
    return {each.name: each for each in runs}


def ask_real(generation: Generation, runs: dict[str, Run], home: Path) -> dict[str, Json]:
    """Let a real server's own code run them: what came out, by name."""
    told: dict[str, Json] = ask_server(generation, {name: each.to_server for name, each in runs.items()}, home)
    return {name: comparable(each) for name, each in told.items()}


def ask_ours(run: Run, generation: Generation, home: Path) -> Json:
    """Run one here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return comparable(asyncio.run(run.here(generation, home)))


def rows(version: str) -> list[Row]:
    """Compare all runs with one version of the server: a row for each, under the fact that its plugin shows."""
    generation = next(each for each, known in VERSIONS.items() if known == version)
    runs = all_runs()
    with tempfile.TemporaryDirectory() as home:
        real = ask_real(generation, runs, Path(home))
        same = {name: ask_ours(run, generation, Path(home)) == real[name] for name, run in runs.items()}
    return [
        Row(
            area=run.area,
            name=name,
            fact=fact_of(run.plugin),
            states={version: "validated" if same[name] else "gap"},
            note="" if same[name] else "not the same",
        )
        for name, run in runs.items()
    ]


def comparable(told: Json) -> Json:
    """Take out of an answer what passes: ids, times, addresses and pydantic's version; JSON in lines is read."""
    if "stream" in told:
        return {"stream": [_read_line(each) for each in told["stream"]]}
    if "whole" in told:
        return {"whole": _lasting(told["whole"])}
    text = re.sub(r"errors\.pydantic\.dev/[\d.]+/", "", json.dumps(told))
    return json.loads(re.sub(r"0x[0-9a-f]+", "0x", text))


def _read_line(line: str) -> Json:
    try:
        return _lasting(json.loads(line.removeprefix("data: ")))
    except ValueError:
        return line


def _lasting(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name not in ("id", "created")}


def _load(kind: PluginKind, id_: str, plugin: str, generation: Generation, home: Path) -> Loaded:
    return load_here(LoadRequest(kind, id_, _SOURCES[plugin], generation=generation), scratch_dir=home)


def _call(tool: str, arguments: Json) -> Run:
    async def here(generation: Generation, home: Path) -> Json:
        loaded = _load("tool", "sample", tool, generation, home)
        (spec,) = stored_specs(loaded, generation)
        offered = {"__id__": "sample", "__messages__": ["m"], "__files__": []}
        answer, _error = await call_tool(loaded.instance, spec, arguments, offered, generation)
        text = answer.text if isinstance(answer.text, str | None) else repr(answer.text)
        return {"text": text, "files": answer.files, "embeds": answer.embeds}

    return Run("calls", tool, tool, ("call", (_SOURCES[tool], arguments)), here)


def _pipe(name: str, *, streamed: bool) -> Run:
    body = {"model": "sample.sub", "messages": [], "stream": streamed}

    async def here(generation: Generation, home: Path) -> Json:
        instance = _load("function", "sample", name, generation, home).instance
        offered = {**_TO_PIPES, "__user__": {"id": "u"}}
        try:
            apply_valves_to_pipe(instance, PIPE_VALVES)
            if streamed:
                lines = pipe_calls.run_streamed(instance, dict(body), offered, PIPE_USER_VALVES, generation)
                return {"stream": [each async for each in lines]}
            told = await pipe_calls.run_whole(instance, dict(body), offered, PIPE_USER_VALVES)
            return (
                {"stream": [each async for each in told.body_iterator]}
                if hasattr(told, "body_iterator")
                else {"whole": told}
            )
        except Exception as error:  # noqa: BLE001 - a pipe may raise anything
            return {"exception": type(error).__name__, "message": str(error)}

    asked = (_SOURCES[name], body, PIPE_VALVES, PIPE_USER_VALVES)
    return Run("pipes", f"{name}{'_streamed' if streamed else ''}", name, ("pipe", asked), here)


def _chain(name: str) -> Run:
    chain = CHAINS[name]

    async def here(generation: Generation, home: Path) -> Json:
        load = partial(_load, "function", generation=generation, home=home)
        links = [Link(id_, load(id_, plugin).instance, *saved) for id_, plugin, *saved in chain.links]
        try:
            told, _steps = await run_chain(
                order(links, generation),
                chain.hook,
                copy.deepcopy(chain.payload),
                copy.deepcopy(_TO_FILTERS),
                generation,
            )
        except Exception as error:  # noqa: BLE001 - a filter may raise anything
            return {"exception": type(error).__name__, "message": str(error)}
        return {"payload": json.loads(json.dumps(told, default=lambda value: type(value).__name__))}

    asked = [(id_, _SOURCES[plugin], dict(valves), dict(of_user)) for id_, plugin, valves, of_user in chain.links]
    shown = chain.links[0].plugin if chain.links else "filter_no_hook"
    return Run("filters", f"chain_{name}", shown, ("chain", (asked, chain.hook, chain.payload)), here)
