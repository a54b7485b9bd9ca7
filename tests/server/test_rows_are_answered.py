"""Every request that a row of the kind table names is one that the local server of its dialect answers."""

from __future__ import annotations

import pytest

from cochat_devkit.errors import NotSupported
from cochat_devkit.kinds import all_kinds
from cochat_devkit.kinds.dialects import DIALECTS
from cochat_devkit.kinds.kind import Endpoint, Listing
from tests.server.fakes import staged


def requests_of(endpoints):
    """Return every request that one dialect has for a kind, by the name of its column."""
    found = {}
    groups = {"attached": endpoints.attachments, "part": endpoints.parts}
    inner = {f"{name} {key}": each for name, group in groups.items() if group for key, each in group._asdict().items()}
    for column, value in (endpoints._asdict() | inner).items():
        each = value.endpoint if isinstance(value, Listing) else value
        if isinstance(each, Endpoint):
            found[column] = each
        if isinstance(value, Listing):
            found |= {f"{column}, joined": joined for joined in value.joined}
    for column in ("further", "item_joined"):
        found |= {f"{column} {number}": each for number, each in enumerate(getattr(endpoints, column))}
    return found | {f"switch {name}": each for name, each in endpoints.switches.items()}


CASES = []
for dialect in DIALECTS.values():
    for kind in all_kinds():
        try:
            requests = requests_of(kind.endpoints_for(dialect))
        except NotSupported:
            continue
        CASES += [(dialect.name, f"{kind.name} {column}", each) for column, each in requests.items()]


@pytest.fixture(scope="module")
def stages():
    """Return a function that gives the one server of each flavor."""
    from contextlib import ExitStack

    running = {}
    with ExitStack() as ends:

        def of(flavor):
            if flavor not in running:
                running[flavor] = ends.enter_context(staged(flavor))
            return running[flavor]

        yield of


def test_the_table_is_not_empty():
    """The cases below are those of every dialect and of many columns."""
    assert {flavor for flavor, _, _ in CASES} == set(DIALECTS)
    assert len(CASES) > 100


@pytest.mark.parametrize(
    ("flavor", "name", "endpoint"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_request_of_a_row_is_answered(stages, flavor, name, endpoint):
    """In JSON, be it a refusal; neither with the page nor with 405, which both say that the address is unknown."""
    path = endpoint.path.replace("{id}", "any")
    answer = stages(flavor).admin.request(endpoint.method, path, json={})
    assert answer.headers["content-type"].partition(";")[0] == "application/json", f"{name}: {answer.text[:80]}"
    assert answer.status_code != 405, name
    assert answer.status_code < 500, f"{name}: {answer.text[:200]}"
