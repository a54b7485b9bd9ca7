"""How the local server has plugins loaded."""

from __future__ import annotations

import pytest

from cochat_devkit.plugin import LoadFailure
from cochat_devkit.server.plugins import Plugins, to_incompatibility
from tests.server.fakes import TOOL, FakeLoader

LINK = "\n    For further information visit https://errors.pydantic.dev/2.14/v/x"
TWO = (
    "2 validation errors for Valves\n"
    "count\n  Input should be a valid integer, unable to parse [type=int_parsing, input_value='x', input_type=str]"
    + LINK
    + "\nlimits.low\n  Input should be a valid list [type=list_type, input_value=3, input_type=int]"
    + LINK
)
MISSING = "1 validation error for Valves\nkey\n  Field required [type=missing, input_value={}, input_type=dict]" + LINK


def test_complaints_about_stored_valves_fit_in_one_line():
    """Each complaint says where and what, without the values, which may be secrets."""
    complaint = to_incompatibility(LoadFailure("ValidationError", TWO))
    assert complaint == (
        "count: Input should be a valid integer, unable to parse; limits.low: Input should be a valid list"
    )


@pytest.mark.parametrize(("message", "complaint"), [(MISSING, None), ("no such thing", "no such thing")])
def test_missing_values_are_no_complaint(message, complaint):
    """A required valve may be filled in after the save; any other failure is told as it is."""
    assert to_incompatibility(LoadFailure("ValidationError", message)) == complaint


def test_an_id_is_handed_on_in_a_length_that_a_file_name_may_have():
    """A server loads a plugin whatever its id; a loader may name a file after it."""
    loader = FakeLoader()
    plugins = Plugins(loader, "0.6")
    plugins.load("tool", "ü" * 200, TOOL)
    plugins.check_valves("tool", "short", TOOL, {})
    assert [len(request.id.encode()) <= 120 for request in loader.requests] == [True, True]
    assert [request.generation for request in loader.requests] == ["0.6", "0.6"]
    assert loader.requests[1].id == "short"
