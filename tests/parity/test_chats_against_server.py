"""What comes of a chat here is what comes of it on a real server that is asked through its own chat endpoint.

Runs where COCHAT_CONTRACT_REAL=1 is set; the servers lie in COCHAT_CONTRACT_CACHE. What differs is shown by
`python -m tests.parity.chats VERSION NAME`.
"""

from __future__ import annotations

import pytest

from tests.contract.real.prepare import VERSIONS
from tests.parity.chats.compare import differences
from tests.parity.chats.everything import SCENARIOS, generation_of
from tests.parity.chats.ours import our_side
from tests.parity.chats.real import real_side


@pytest.fixture(scope="module", params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(scope="module")
def real(version, tmp_path_factory):
    with real_side(version, tmp_path_factory.mktemp("real")) as side:
        yield side


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    with our_side(tmp_path_factory.mktemp("ours")) as side:
        yield side


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
def test_a_turn_comes_to_the_same(scenario, version, real, ours):
    """The answer, its stream, what is saved, told to the page and asked of the model, and what plugins were given."""
    if version not in scenario.versions:
        pytest.skip(f"{version} does not have it, or nobody can say what it does")
    found = differences(real.ask(scenario), ours.ask(scenario, generation_of(version)))
    gap = scenario.gaps.get(version)
    if gap is None:
        assert found == []
    else:
        assert found, f"the known difference is none any more: {gap.why}"
        assert gap.is_all_of(found), found
