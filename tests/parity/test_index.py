"""Every fact of the index has its plugins, and every plugin its fact."""

from __future__ import annotations

from collections import Counter

from tests.parity.index import FACTS, GAPS, ROUTE_GAPS
from tests.parity.loading import FOLDER, all_plugins


def test_each_fact_has_a_plugin_and_each_plugin_one_fact():
    """What stands in the index lies in the folder, and the other way round; nothing is named twice."""
    named = Counter(name for fact in FACTS for name in fact.plugins)
    assert sorted(named.elements()) == sorted(each.name for each in all_plugins())
    assert all(fact.plugins for fact in FACTS)
    assert len({fact.ref for fact in FACTS}) == len(FACTS)


def test_known_differences_are_of_plugins_that_there_are():
    """A plugin that goes takes its excuse with it."""
    assert {name for name, _version in (*GAPS, *ROUTE_GAPS)} <= {each.name for each in all_plugins()}


def test_nothing_else_lies_in_the_folder():
    """A plugin put beside the two folders would be compared with nothing."""
    assert sorted(each.path for each in all_plugins()) == sorted(FOLDER.rglob("*.py"))
