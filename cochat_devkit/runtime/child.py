"""What runs in the child process: it waits for requests, and loads each plugin in a fork of its own.

The warm process itself never runs plugin code, and takes in what a plugin's processes leave behind, to end it. Requests
come in on file descriptor 0 and answers go out on 1, one JSON object a line. A fork gets three pipes: one for its
request, one for its answer, one that stands in for its stdout and stderr. It is made before its request comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import gc
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cochat_devkit.facts import VERSIONS, read_facts
from cochat_devkit.plugin import Call, LoadFailure, LoadRequest, Part, Turn
from cochat_devkit.runtime.loading import (
    Loaded,
    describe,
    filename_of,
    load_here,
    pass_through_valves,
    to_failure,
)
from cochat_devkit.runtime.offers import ask_for_offer
from cochat_devkit.runtime.processes import adopt_orphans, end_with_parent, kill_children
from cochat_devkit.runtime.standins.finder import install
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.resource import Json

#: what an answer may take: a plugin's schemas, or the text of its exception
ANSWER_LIMIT_BYTES = 4_000_000
#: what a turn of a chat may take: each piece of a long answer, as each filter was given it and made of it
TURN_LIMIT_BYTES = 64_000_000
OUTPUT_LIMIT_CHARS = 10_000
OUTPUT_LIMIT_BYTES = OUTPUT_LIMIT_CHARS * 4
#: what a plugin may have of memory, so that it and not the machine runs out of it
MEMORY_LIMIT_BYTES = 4 << 30
_CHUNK_BYTES = 65_536
#: where a fork has the pipe for its answer, and what the warm process has less descriptors open than
_ANSWERS, _DESCRIPTORS = 3, 64
_ROUNDS_TO_WORK_IN = 12
_SAMPLE = '''
from typing import Literal, Optional

from pydantic import BaseModel, Field


class Place(BaseModel):
    name: str = Field("", description="of it")


class Tools:
    class Valves(BaseModel):
        key: str = Field("", description="of it")

    def find(self, text: str, kind: Literal["a", "b"] = "a", place: Optional[Place] = None) -> list[str]:
        """
        Find.

        :param text: what
        """
'''
#: who closed the pipe for its answer because it ends has ended after this
_ENDING_S = 0.2
#: a fork whose parent was killed ends itself this much after its time is over
_SELF_END_AFTER_S = 5


class _Fork(NamedTuple):
    """Hold a process for one plugin: its number, our ends of its pipes, and what can be read from when it has ended."""

    pid: int
    requests: int
    answers: int
    output: int
    life: int | None


def serve() -> None:
    """Answer requests until the pipe closes, each in a fork; an answer names the token of its request.

    A fork is there before its request comes: it gets ready while the one before it runs a plugin.
    """
    adopt_orphans()
    _warm_up()
    waiting = _make_fork()
    _send({"ready": True})
    for number, line in enumerate(sys.stdin.buffer):
        request = json.loads(line)
        fork = _give(line, waiting)
        if number == 1:
            _work_in()  # whoever asks once does not wait for this
        waiting = _make_fork()
        _send({**_answer_of(fork, request, waiting), "token": request["token"]})
    _end(waiting.pid)


def serve_once() -> None:
    """Answer the one request on stdin in this very process, where forking is not to be had."""
    answers = os.dup(1)
    os.dup2(2, 1)
    _run_plugin(answers)


def limit_of(request: Json) -> int:
    """Say how many bytes the answer to a request may take."""
    return TURN_LIMIT_BYTES if "turn" in request else ANSWER_LIMIT_BYTES


def _too_large(limit_bytes: int) -> LoadFailure:
    return LoadFailure("TooLarge", f"what the plugin answers is larger than {limit_bytes:,} bytes")


def judge(
    answer: bytes, output: bytes, *, timeout_s: float, limit_bytes: int, in_time: bool, exit_code: int | None
) -> Json:
    """Turn what came out of a plugin's process into a message; the process's own words pass through unread.

    `exit_code` is None where the process lived on without an answer.
    """
    text = output.decode("utf-8", "replace")[:OUTPUT_LIMIT_CHARS]
    if not in_time:
        told = LoadFailure("TimedOut", f"the plugin did not finish within {timeout_s:g} seconds")
    elif len(answer) > limit_bytes:
        told = _too_large(limit_bytes)
    elif not answer.endswith(b"\n") and exit_code is None:
        told = LoadFailure("Crashed", "the plugin closed the pipe that its answer was to go through")
    elif not answer.endswith(b"\n"):
        told = LoadFailure("Crashed", f"the plugin ended its process ({_ending(exit_code or 0)})")
    else:
        return {"output": text, "answer": answer.decode("utf-8", "replace")}
    return {"output": text, "failure": dataclasses.asdict(told)}


def _ending(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    names = {each.value: each.name for each in signal.Signals}  # a real-time signal has none
    return f"signal {names.get(-exit_code, -exit_code)}"


def _warm_up() -> None:
    """Import now what nearly every plugin imports, so that no fork pays for it."""
    import datetime as dt  # noqa: F401
    import inspect  # noqa: F401
    import logging  # noqa: F401
    import resource  # noqa: F401
    import typing  # noqa: F401
    import uuid  # noqa: F401

    from pydantic import BaseModel, Field, create_model

    # our own parent imports this module, and has no use for these
    from cochat_devkit.runtime import calling, hook_calls, turns  # noqa: F401

    for version in VERSIONS.values():
        read_facts(version)
    create_model("Warm", number=(int, Field(default=1, description="one")), __base__=BaseModel).model_json_schema()
    gc.collect()
    gc.freeze()


def _work_in() -> None:
    """Load a tool of ours over and over: the interpreter specializes what is called often, each fork for itself.

    It begins with the eighth call of a function, and has gained what there is to gain a few calls later.
    """
    for _round in range(_ROUNDS_TO_WORK_IN):
        describe(load_here(LoadRequest("tool", "sample", _SAMPLE)), "0.12")
    gc.collect()
    gc.freeze()


def _make_fork() -> _Fork:
    """Make the process for a plugin; it gets ready, and waits for the request."""
    fork_requests, requests = os.pipe()
    answers, fork_answers = os.pipe()
    output, fork_output = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _become_fork(fork_requests, fork_output, fork_answers)
            _run_plugin(_ANSWERS)
        finally:
            os._exit(1)  # whatever a plugin did to what we call: only the parent goes on from here
    for each in (fork_requests, fork_answers, fork_output):
        os.close(each)
    # what a plugin started may hold the pipe open for longer than the plugin lives
    life = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    return _Fork(pid, requests, answers, output, life)


def _give(line: bytes, waiting: _Fork) -> _Fork:
    """Give the fork that waits its request, or another one if it died while it was idle; the one that has it."""
    try:
        _write(waiting.requests, line)
    except BrokenPipeError:
        _end(waiting.pid)
        _close(waiting)
        waiting = _make_fork()
        _write(waiting.requests, line)
    return waiting


def _answer_of(fork: _Fork, request: Json, waiting: _Fork) -> Json:
    """Wait for a fork's answer; end it and whatever it started, and say what came of it."""
    try:
        deadline = time.monotonic() + request["timeout_s"]
        answer, output, in_time = _gather(fork, deadline, limit_of(request))
        has_ended = answer.endswith(b"\n") or not in_time or _ends_by_itself(fork.pid)
    finally:
        exit_code = _end(fork.pid)
        kill_children(but=waiting.pid)
        output_rest = _read_what_is_there(fork.output)
        _close(fork)
    return judge(
        answer,
        output + output_rest,
        timeout_s=request["timeout_s"],
        limit_bytes=limit_of(request),
        in_time=in_time,
        exit_code=exit_code if has_ended else None,
    )


def _close(fork: _Fork) -> None:
    for each in fork[1:]:
        if each is not None:
            os.close(each)


def _become_fork(requests: int, output: int, answers: int) -> None:
    """Leave the parent's channels: three pipes and nothing else is open; a process group of our own, and limits."""
    import resource

    os.setsid()
    end_with_parent()
    os.dup2(requests, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.dup2(answers, _ANSWERS, inheritable=False)
    os.closerange(_ANSWERS + 1, _DESCRIPTORS)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _run_plugin(answers: int) -> NoReturn:
    """Take the request, load the plugin inside a running event loop, as the server does, answer, leave at once."""

    async def answer() -> None:
        request = _take_request()
        if hasattr(signal, "alarm"):
            signal.alarm(int(request["timeout_s"]) + _SELF_END_AFTER_S)
        install(request["generation"], Path(request["scratch_dir"]))
        encoded = await (_run_chat(request) if "turn" in request else _run_one(request))
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        _write(answers, encoded.encode() + b"\n")
        os._exit(0)

    asyncio.run(answer())
    os._exit(1)


def _take_request() -> Json:
    """Read the one request from file descriptor 0, where a plugin finds nothing after that."""
    line = bytearray()
    while not line.endswith(b"\n"):
        chunk = os.read(0, _CHUNK_BYTES)
        if not chunk:
            os._exit(0)  # our parent is gone, or needs us no more
        line += chunk
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 0)
    return json.loads(line)


async def _run_one(request: Json) -> str:
    """Load one plugin and do with it what is asked: the answer, encoded."""
    asked = _to_request(request)
    try:
        loaded, stood_in = _load(asked, Path(request["scratch_dir"]))
        result = await _do(request, asked, loaded)
        if "facts" in result:
            result["facts"]["stood_in"] = stood_in
        return _encode(result)
    except BaseException as error:  # noqa: BLE001 - SystemExit and all: whatever a plugin raises is the answer
        return _encode_failure(error, filename_of(asked))


def _load(asked: LoadRequest, scratch_dir: Path) -> tuple[Loaded, tuple[str, ...]]:
    """Load a plugin, and name the packages that something stood in for."""
    load = functools.partial(load_here, asked, scratch_dir=scratch_dir)
    if not asked.stands_in:
        return load(), ()
    from cochat_devkit.runtime.standins.missing import load_standing_in

    return load_standing_in(load)


async def _do(request: Json, asked: LoadRequest, loaded: Loaded) -> Json:
    if "call" in request:
        from cochat_devkit.runtime.calling import make_call
        from cochat_devkit.runtime.hook_calls import call_hook

        call = make_call if loaded.type == "tool" else call_hook
        return {"call": dataclasses.asdict(await call(loaded, asked, Call(**request["call"]), asked.generation))}
    if "values" in request:
        return {"values": pass_through_valves(loaded, request["values"], user=request["user"])}
    if "valves" in request:
        return {"offer": dataclasses.asdict(await ask_for_offer(loaded, request["valves"]))}
    facts = describe(loaded, asked.generation)
    # schemas are JSON as they stand, and large: they need no copy
    return {"facts": {**vars(facts), "hooks": {name: dataclasses.asdict(hook) for name, hook in facts.hooks.items()}}}


async def _run_chat(request: Json) -> str:
    """Load the parts of a turn, and run it: the answer, encoded."""
    from cochat_devkit.runtime.turns import Plugin, run_turn

    wire = request["turn"]
    plugins: list[Plugin] = []
    for each in wire["parts"]:
        asked = _to_request({**each["request"], "generation": request["generation"]})
        try:
            loaded = load_here(asked, scratch_dir=Path(request["scratch_dir"]))
        except BaseException as error:  # noqa: BLE001 - SystemExit and all: whatever a plugin raises is the answer
            return _encode_failure(error, filename_of(asked), asked.id)
        plugins.append(Plugin(Part(asked, each["valves"], each["user_valves"]), loaded))
    turn = Turn(**{**wire, "parts": tuple(each.part for each in plugins), "script": tuple(wire["script"])})
    try:
        told = await run_turn(plugins, turn, request["generation"])
        return _encode({"chat": dataclasses.asdict(told)}, limit_of(request))
    except BaseException as error:  # noqa: BLE001 - SystemExit and all: whatever a plugin raises is the answer
        return _encode_failure(error, "")


def _encode(result: Json, limit_bytes: int = ANSWER_LIMIT_BYTES) -> str:
    encoded = json.dumps(result)
    if len(encoded) <= limit_bytes:
        return encoded
    return json.dumps({"failure": dataclasses.asdict(_too_large(limit_bytes))})


def _encode_failure(error: BaseException, filename: str, plugin: str | None = None) -> str:
    told = dataclasses.replace(to_failure(error, filename), plugin=plugin)
    if isinstance(error, MemoryError) and not told.message:
        told = dataclasses.replace(told, message=f"a plugin gets {MEMORY_LIMIT_BYTES >> 30} GB of memory here")
    return json.dumps({"failure": dataclasses.asdict(told)})


def _to_request(wire: Json) -> LoadRequest:
    path = Path(wire["path"]) if wire["path"] is not None else None
    return LoadRequest(wire["kind"], wire["id"], wire["source"], path, wire["generation"], wire["stands_in"])


def _gather(fork: _Fork, deadline: float, limit_bytes: int) -> tuple[bytes, bytes, bool]:
    """Read a fork's answer up to its line end, and its output up to the limit: (answer, output, was it in time)."""
    answer, output = bytearray(), bytearray()
    watched = [0, fork.answers, fork.output, *([] if fork.life is None else [fork.life])]
    while not answer.endswith(b"\n") and len(answer) <= limit_bytes:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return bytes(answer), bytes(output), False
        readable, _, _ = select.select(watched, [], [], left_s)
        if 0 in readable:
            raise SystemExit  # our parent is gone: it never speaks while we work
        if fork.output in readable:
            chunk = os.read(fork.output, _CHUNK_BYTES)
            output += chunk[: max(0, OUTPUT_LIMIT_BYTES - len(output))]
            if not chunk:
                watched.remove(fork.output)
        if fork.answers in readable:
            chunk = os.read(fork.answers, _CHUNK_BYTES)
            if not chunk:
                break
            answer += chunk
        elif fork.life in readable:
            break
    return bytes(answer), bytes(output), True


def _ends_by_itself(pid: int) -> bool:
    """Tell whether a fork that gave no answer ends; one that goes on has closed its pipe. It is not reaped."""
    deadline = time.monotonic() + _ENDING_S
    while hasattr(os, "waitid") and time.monotonic() < deadline:
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return True
        time.sleep(0.002)
    return not hasattr(os, "waitid")


def _end(pid: int) -> int:
    """End a fork, and the processes it started that stayed in its group; its exit code, negative for a signal.

    The fork is signalled before it is reaped, so that its number cannot belong to anybody else.
    """
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _read_what_is_there(descriptor: int) -> bytes:
    os.set_blocking(descriptor, False)
    with contextlib.suppress(BlockingIOError):
        return os.read(descriptor, OUTPUT_LIMIT_BYTES)
    return b""


def _send(message: Json) -> None:
    _write(1, json.dumps(message).encode() + b"\n")


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
