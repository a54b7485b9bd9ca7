"""The words that all floors share: errors, resources, findings, reports."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cochat_devkit import errors
from cochat_devkit.events import Outcome, Report
from cochat_devkit.findings import Finding, Severity
from cochat_devkit.resource import Key, Resource, Slug, digest_of_body, fingerprint_in, is_same_json, to_canonical_json

EXIT_CODES = {"UsageError": 2, "RemoteError": 4, "SyncError": 3, "LocalError": 1, "MirrorError": 1, "CheckFailed": 1}
TREE = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, errors.DevkitError)]


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_every_error_has_its_exit_code_and_its_meaning(error):
    """A script can tell by the exit code whose fault it is; a person by the message and the hint."""
    branch = next((each.__name__ for each in error.__mro__ if each.__name__ in EXIT_CODES), None)
    assert error.exit_code == EXIT_CODES.get(branch, 1)
    assert error.__doc__
    made = error("what happened", hint="what to do")
    assert (str(made), made.message, made.hint) == ("what happened", "what happened", "what to do")
    assert error("x").hint is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(json_values, json_values)
def test_equal_content_has_equal_prints_and_no_other(one, other):
    """A difference is never overlooked, and there is none where there is none."""
    assert is_same_json(one, other) is (to_canonical_json(one) == to_canonical_json(other))
    assert is_same_json(one, other) is (digest_of_body("", {"v": one}) == digest_of_body("", {"v": other}))
    assert is_same_json(one, one)


def test_the_order_of_keys_is_no_content():
    """A server that sends keys in another order changed nothing; another type is another content."""
    key = Key("function", Slug("x"))
    assert Resource(key, {"a": 1, "b": 2}).fingerprint == Resource(key, {"b": 2, "a": 1}).fingerprint
    assert Resource(key, {"a": 1}, "filter").fingerprint != Resource(key, {"a": 1}, "pipe").fingerprint
    assert len(fingerprint_in(digest_of_body("", {}))) == 32
    assert str(key) == "function/x"


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (1, 1.0), ([False], [0]), ({"a": None}, {}), ({}, []), ("", None)]
)
def test_what_only_python_takes_for_equal_differs(one, other):
    """JSON tells `true` from 1, and so does the kit."""
    assert not is_same_json(one, other)


def test_a_report_weighs_its_items():
    """The exit code is that of the worst item, and every item is counted."""
    report = Report()
    for exit_code in (0, 3, 1):
        report.add(Outcome("tool/x", "merge", exit_code=exit_code))
    assert (report.exit_code, report.counts, [each.ok for each in report.items]) == (
        3,
        {"merge": 3},
        [True, False, False],
    )


def test_a_finding_leads_to_its_place():
    """An editor can jump to a finding; only an error stops."""
    finding = Finding("plugins/tools/x.py", 3, 5, "CK001", "bad name")
    assert str(finding) == "plugins/tools/x.py:3:5: CK001 bad name"
    assert [each for each in Severity if Finding("x", 1, 1, "c", "m", each).stops] == [Severity.ERROR]
