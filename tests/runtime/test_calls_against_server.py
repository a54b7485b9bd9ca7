"""What a model reads of a call here is what it reads on a real server.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from cochat_devkit.plugin import LoadRequest
from cochat_devkit.runtime.loading import load_here, stored_specs
from cochat_devkit.runtime.tool_calls import call_tool
from tests.runtime.call_samples import SAMPLES
from tests.runtime.server_probe_runner import SERVERS, ask_server


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Ask the real server's own code to make all calls."""
    samples = {name: ("call", sample) for name, sample in SAMPLES.items()}
    return ask_server(generation, samples, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_call_comes_to_the_same(name, generation, said_by_server, tmp_path):
    """Text, files and embeds, with arguments as models get them wrong."""
    source, arguments = SAMPLES[name]

    async def call():
        loaded = load_here(LoadRequest("tool", "sample", source, generation=generation), scratch_dir=tmp_path)
        (spec,) = stored_specs(loaded, generation)
        offered = {"__id__": "sample", "__messages__": ["m"], "__files__": []}
        return await call_tool(loaded.instance, spec, arguments, offered, generation)

    answer, _error = asyncio.run(call())
    text = answer.text if isinstance(answer.text, str | None) else repr(answer.text)
    told = {"text": text, "files": answer.files, "embeds": answer.embeds}
    assert _without_addresses(told) == _without_addresses(said_by_server[name])


def _without_addresses(told):
    return {**told, "text": told["text"] and re.sub(r"0x[0-9a-f]+", "0x", told["text"])}
