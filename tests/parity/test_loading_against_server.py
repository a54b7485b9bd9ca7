"""What we say of a plugin is what a real server says of it, field by field.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from cochat_devkit.facts import VERSIONS
from tests.parity.index import GAPS
from tests.parity.loading import all_plugins, ask_ours, ask_real, differences, make_loader

PLUGINS = {each.name: each for each in all_plugins()}


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def generation(request):
    return request.param


@pytest.fixture(scope="module")
def said_by_server(generation, tmp_path_factory):
    """Let the real server's own code load all plugins at once."""
    return ask_real(generation, list(PLUGINS.values()), tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def loader(generation):
    with closing(make_loader(generation)) as loader:
        yield loader


@pytest.mark.parametrize("name", PLUGINS)
def test_we_say_what_the_server_says(name, generation, said_by_server, loader):
    """Content, frontmatter, specs, hooks, valves, what is offered, or the exception, its message and its line."""
    found = differences(ask_ours(loader, PLUGINS[name], generation), said_by_server[name])
    if (name, VERSIONS[generation]) in GAPS:
        assert found, "the known difference is none any more: take it out of the index"
    else:
        assert found == {}
