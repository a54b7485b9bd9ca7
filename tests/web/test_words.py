"""Every word of ours on the pages is there in English and in Chinese, and none that nobody says."""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter

import jinja2
import pytest
from jinja2 import nodes

import cochat_devkit.web
from cochat_devkit.kinds import all_kinds
from cochat_devkit.mirror.history import Origin
from cochat_devkit.operations.ls import _word
from cochat_devkit.operations.recent import BACK_AGAIN, CHANGED, FIRST_SEEN, GONE
from cochat_devkit.operations.relations import Standing
from cochat_devkit.sync.decide import Reason
from cochat_devkit.web import words
from cochat_devkit.web.pages import all_pages

WEB = Path(cochat_devkit.web.__file__).parent


def said_in_templates() -> set[str]:
    """Collect what templates say by `t("…")`."""
    environment = jinja2.Environment(autoescape=True)
    found = set()
    for path in (WEB / "templates").glob("*.html"):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t" and isinstance(call.args[0], nodes.Const):
                found.add(call.args[0].value)
    return found


def said_in_modules() -> set[str]:
    """Collect what modules say by `t("…")`, and what each lists as `SAID`: what templates say by a variable."""
    found: set[str] = set()
    for each in pkgutil.walk_packages(cochat_devkit.web.__path__, "cochat_devkit.web."):
        module = importlib.import_module(each.name)
        found |= set(getattr(module, "SAID", ()))
        for call in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "t" and isinstance(call.args[0], ast.Constant):
                found.add(str(call.args[0].value))
    return found


def said_by_tables() -> set[str]:
    """Collect what templates say of kinds, fields, states and runs: those that our tables know."""
    found = {text for each in all_pages().values() for text in (each.menu, each.way) if text}
    for kind in all_kinds():
        for name in (*kind.types, kind.name):
            found |= {words.one_of(name), words.many_of(name)}
        found |= {words.label_of(field.name) for field in kind.fields}
        found.add(kind.summary)
    found |= {_word(each) for each in Reason} | {str(Reason.IN_STEP)}
    found |= {FIRST_SEEN, BACK_AGAIN, GONE, CHANGED, *map(str, Standing), *map(str, Origin)}
    found |= {text for _unit, *texts in words.SPANS for text in texts}
    return found | set(words.ACTIONS.values())


def chinese() -> dict[str, dict[str, str]]:
    """Read the Chinese words, by file."""
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in (WEB / "chinese").glob("*.json")}


def test_everything_has_chinese():
    """Whoever reads Chinese finds no English of ours on a page."""
    known = {text for found in chinese().values() for text in found}
    said = said_in_templates() | said_in_modules() | said_by_tables()
    assert sorted(said - known) == []


def test_nothing_is_translated_that_nobody_says():
    """A text that changed takes its translation with it; what is said by a variable stands in `SAID` of its module."""
    said = said_in_templates() | said_in_modules() | said_by_tables()
    assert {name: sorted(found.keys() - said) for name, found in chinese().items() if found.keys() - said} == {}


def test_no_text_is_translated_twice():
    """One English text has one Chinese."""
    seen: dict[str, str] = {}
    for found in chinese().values():
        for text, translated in found.items():
            assert seen.setdefault(text, translated) == translated, text


@pytest.mark.parametrize("name", sorted(chinese()))
def test_what_is_filled_in_is_filled_in_in_chinese(name):
    """A count or a name that an English sentence has stands in the Chinese one too."""
    for text, translated in chinese()[name].items():
        holes = {field for _text, field, _spec, _conversion in Formatter().parse(text) if field}
        assert all(f"{{{hole}}}" in translated for hole in holes), text
        assert translated


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("past", "said"),
    [
        ({"seconds": 0}, "just now"),
        ({"seconds": 59}, "just now"),
        ({"seconds": 60}, "1 minute ago"),
        ({"minutes": 59, "seconds": 59}, "59 minutes ago"),
        ({"hours": 1}, "1 hour ago"),
        ({"hours": 47}, "1 day ago"),
        ({"days": 29}, "29 days ago"),
        ({"days": 30}, "2026-01-30"),
        ({"seconds": -1}, "2026-03-01"),
    ],
)
def test_times_are_said_as_people_do(past, said):
    """What is fresh is told by how long ago it was; what is old, or not yet, by its date."""
    at = NOW - timedelta(**past)
    assert words.ago(at, NOW, lambda text, **values: text.format(**values)) == said


def test_instants_are_read_as_the_mirror_writes_them():
    """An instant is read with its zone, and told in UTC."""
    assert words.to_instant("2026-03-01T14:00:00+02:00") == NOW
    assert words.to_instant(NOW) == NOW


def test_types_of_newer_servers_have_a_name():
    """A type that we never heard of is called as it is."""
    assert words.many_of("new-thing") == "New thing"
    assert (words.many_of("filter"), words.many_of("knowledge"), words.one_of("base-model")) == (
        *("Filters", "Knowledge bases", "base model"),
    )
    assert (words.label_of("default_filters"), words.label_of("system"), words.label_of("")) == (
        *("Default filters", "System prompt", ""),
    )
    assert (words.tone("in step"), words.tone("edited here and there")) == ("calm", "clash")
    assert words.action_of("unheard") == "unheard"
