"""What plugins get of the server's own modules here is what they get on a real server.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import asyncio

import pytest

from cochat_devkit.runtime.standins.finder import install, uninstall
from tests.runtime.library_runner import run_sample
from tests.runtime.library_samples import SAMPLES
from tests.runtime.server_probe_runner import SERVERS, ask_server


@pytest.fixture(scope="module", params=sorted(SERVERS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Let the real server's own modules run all samples, each with an empty database."""
    samples = {name: ("library", [source]) for name, source in SAMPLES.items()}
    return ask_server(generation, samples, tmp_path_factory.mktemp("server"))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_sample_comes_to_the_same(name, generation, said_by_server, tmp_path):
    """Values, models, order, and what is raised where something is not there."""
    install(generation, tmp_path)
    try:
        assert asyncio.run(run_sample(SAMPLES[name])) == said_by_server[name]
    finally:
        uninstall()
