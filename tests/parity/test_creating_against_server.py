"""What the local server says of a plugin that is created or saved is what a real server says.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE.
"""

from __future__ import annotations

import pytest

from cochat_devkit.facts import VERSIONS
from tests.parity.creating import ask, chosen_plugins, local_admin, real_admin
from tests.parity.index import ROUTE_GAPS

CHOSEN = {version: chosen_plugins(version) for version in sorted(VERSIONS.values())}


@pytest.fixture(scope="module", params=CHOSEN)
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


@pytest.mark.parametrize("name", sorted({name for chosen in CHOSEN.values() for name in chosen}))
def test_the_routes_say_the_same(name, version, real, local):
    """Status and detail of a refusal; of what is taken its type, content, specs, manifest and valves."""
    plugin = CHOSEN[version].get(name)
    if plugin is None:
        pytest.skip("it would end this server, or have it run pip")
    ours, theirs = ask(local, plugin), ask(real, plugin)
    if (name, version) in ROUTE_GAPS:
        assert ours != theirs, "the known difference is none any more: take it out of the index"
    else:
        assert ours == theirs
