"""What comes out of a plugin here is what comes out of it on a real server.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import pytest

from cochat_devkit.facts import VERSIONS
from tests.parity.running import all_runs, ask_ours, ask_real

RUNS = all_runs()


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Let the real server's own code run them all."""
    return ask_real(generation, RUNS, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", RUNS)
def test_it_comes_to_the_same(name, generation, said_by_server, tmp_path):
    """Text, files and embeds of a call; a pipe's answer, streamed and whole; what filters make of a payload."""
    assert ask_ours(RUNS[name], generation, tmp_path) == said_by_server[name]
