"""What a button comes to here is what it comes to on a real server.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from cochat_devkit.plugin import LoadRequest
from cochat_devkit.runtime.action_calls import OFFERED, run_action
from cochat_devkit.runtime.events import Page
from cochat_devkit.runtime.loading import load_here
from tests.runtime.action_samples import SAMPLES
from tests.runtime.server_probe_runner import SERVERS, ask_server

#: as the probe presses it
BODY = {"model": "m", "messages": [], "chat_id": "c", "id": "i", "session_id": "s"}


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Ask the real server's own code to press all buttons."""
    samples = {name: ("action", sample) for name, sample in SAMPLES.items()}
    return ask_server(generation, samples, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_an_action_comes_to_the_same(name, generation, said_by_server, tmp_path):
    """What it is handed, what goes back, which events there were, and what it raises."""
    source, asked, valves, user_valves = SAMPLES[name]
    page = Page({"confirmation": "yes"}, generation)

    async def run() -> Any:
        loaded = load_here(LoadRequest("function", "sample", source, generation=generation), scratch_dir=tmp_path)
        if hasattr(loaded.instance, "valves"):
            loaded.instance.valves = loaded.instance.Valves(**valves)
        offered = {
            **dict.fromkeys(OFFERED),
            "__id__": asked.partition(".")[2] or asked,
            "__model__": {"id": "m"},
            "__user__": {"role": "admin"},
            "__event_emitter__": page.emit,
            "__event_call__": page.ask,
        }
        try:
            told, _embeds = await run_action("sample", loaded.instance, dict(BODY), offered, user_valves, generation)
        except Exception as error:  # noqa: BLE001 - an action may raise anything
            return {"exception": str(error)}
        return {"told": told}

    ours = {**asyncio.run(run()), "events": [each["type"] for each in page.events if "answer" not in each]}
    assert _comparable(ours) == _comparable(said_by_server[name])


def _comparable(told):
    """Take places in memory out."""
    return json.loads(re.sub(r" at 0x[0-9a-f]+", "", json.dumps(told, default=lambda value: type(value).__name__)))
