"""What filters make of a message here is what they make of it on a real server, in the same order.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re

import pytest

from cochat_devkit.plugin import LoadRequest
from cochat_devkit.runtime.filter_chain import Link, order, run_chain
from cochat_devkit.runtime.loading import load_here
from tests.runtime.chain_samples import SAMPLES
from tests.runtime.server_probe_runner import SERVERS, ask_server

#: as the probe offers them
OFFERED = {"__user__": {"id": "u"}, "__model__": {"id": "m"}, "__metadata__": {"chat_id": "c"}, "__body__": {"all": 1}}


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Ask the real server's own code to run all chains."""
    samples = {name: ("chain", sample) for name, sample in SAMPLES.items()}
    return ask_server(generation, samples, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_chain_comes_to_the_same(name, generation, said_by_server, tmp_path):
    """Order, arguments, valves, and what a filter that is wrong does to the others."""
    filters, hook, payload = SAMPLES[name]

    async def run():
        links = [
            Link(id_, load(id_, source).instance, valves, user_valves) for id_, source, valves, user_valves in filters
        ]
        try:
            told, _steps = await run_chain(
                order(links, generation), hook, copy.deepcopy(payload), copy.deepcopy(OFFERED), generation
            )
        except Exception as error:  # noqa: BLE001 - a filter may raise anything
            return {"exception": type(error).__name__, "message": str(error)}
        return {"payload": json.loads(json.dumps(told, default=lambda value: type(value).__name__))}

    def load(id_, source):
        return load_here(LoadRequest("function", id_, source, generation=generation), scratch_dir=tmp_path)

    assert _without_versions(asyncio.run(run())) == _without_versions(said_by_server[name])


def _without_versions(told):
    """Take the version of pydantic out of the links in its messages."""
    return json.loads(re.sub(r"errors\.pydantic\.dev/[\d.]+/", "", json.dumps(told)))
