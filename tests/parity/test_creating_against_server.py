"""What the local server says of a plugin that is created or saved is what a real server says.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import pytest

from cochat_devkit.facts import VERSIONS
from tests.parity.creating import ask, chosen_plugins, local_admin, real_admin
from tests.parity.index import ROUTE_GAPS

PLUGINS = chosen_plugins()


@pytest.fixture(scope="module", params=sorted(VERSIONS.values()))
def version(request):
    return request.param


@pytest.fixture(scope="module")
def real(version, tmp_path_factory):
    with real_admin(version, tmp_path_factory.mktemp("server") / "home") as client:
        yield client


@pytest.fixture(scope="module")
def local(version):
    with local_admin(version) as client:
        yield client


@pytest.mark.parametrize("name", PLUGINS)
def test_the_routes_say_the_same(name, version, real, local):
    """Status and detail of a refusal; of what is taken its type, content, specs, manifest and valves."""
    ours, theirs = ask(local, PLUGINS[name]), ask(real, PLUGINS[name])
    if (name, version) in ROUTE_GAPS:
        assert ours != theirs, "the known difference is none any more: take it out of the index"
    else:
        assert ours == theirs
