"""What comes out of a pipe here is what comes out of it on a real server, streamed and whole.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from cochat_devkit.plugin import LoadRequest
from cochat_devkit.runtime.loading import load_here
from cochat_devkit.runtime.pipe_calls import OFFERED, apply_valves, run_streamed, run_whole
from tests.runtime.pipe_samples import SAMPLES
from tests.runtime.server_probe_runner import SERVERS, ask_server

#: as the probe's request has it: a chat without a message is no chat, and has neither emitter nor caller
METADATA = {"chat_id": "c", "task": "t", "files": [1], "tool_ids": None}
GIVEN = {"__chat_id__": "c", "__task__": "t", "__files__": [1], "__metadata__": METADATA, "__tools__": {}}


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Ask the real server's own code to let all pipes answer."""
    samples = {name: ("pipe", sample) for name, sample in SAMPLES.items()}
    return ask_server(generation, samples, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_pipe_answers_the_same(name, generation, said_by_server, tmp_path):
    """Texts, streams, events, errors and what is nothing of these."""
    source, body, valves, user_valves = SAMPLES[name]

    async def run():
        loaded = load_here(LoadRequest("function", "sample", source, generation=generation), scratch_dir=tmp_path)
        offered = {**dict.fromkeys(OFFERED), **GIVEN, "__user__": {"id": "u"}}
        try:
            apply_valves(loaded.instance, valves)
            if body["stream"]:
                lines = run_streamed(loaded.instance, dict(body), offered, user_valves, generation)
                return {"stream": [each async for each in lines]}
            told = await run_whole(loaded.instance, dict(body), offered, user_valves)
            if hasattr(told, "body_iterator"):
                return {"stream": [each async for each in told.body_iterator]}
        except Exception as error:  # noqa: BLE001 - a pipe may raise anything
            return {"exception": type(error).__name__, "message": str(error)}
        return {"whole": told}

    assert _comparable(asyncio.run(run())) == _comparable(said_by_server[name])


def _comparable(told):
    """Read the JSON in the lines, as both write it with other blanks, and take ids and times out."""
    if "stream" in told:
        return {"stream": [_read_line(each) for each in told["stream"]]}
    return json.loads(re.sub(r'"(id|created)": ("[^"]*"|\d+)', r'"\1": 0', json.dumps(told)))


def _read_line(line):
    try:
        value = json.loads(line.removeprefix("data: "))
    except ValueError:
        return line
    return (
        {name: each for name, each in value.items() if name not in ("id", "created")}
        if isinstance(value, dict)
        else value
    )
