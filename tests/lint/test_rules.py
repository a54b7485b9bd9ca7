"""Each rule says what its examples say."""

from __future__ import annotations

import re
import shutil

import pytest

import cochat_devkit.lint.rules
from cochat_devkit.findings import Severity
from cochat_devkit.lint import all_rules

RULES = {rule.code: rule for rule in all_rules()}
VALID = [(rule.code, number) for rule in all_rules() for number in range(len(rule.valid))]
INVALID = [(rule.code, number) for rule in all_rules() for number in range(len(rule.invalid))]


def found_by(rule, example, workspace):
    workspace.add(example.source, example.type, example.id, example.stated_valves)
    return [finding for finding in workspace.check(with_ruff=False) if finding.code == rule.code]


@pytest.mark.parametrize(("code", "number"), VALID)
def test_a_rule_keeps_quiet_about_what_is_fine(workspace, code, number):
    """No false alarm on the examples that a rule calls valid."""
    rule = RULES[code]
    assert found_by(rule, rule.valid[number], workspace) == []


@pytest.mark.parametrize(("code", "number"), INVALID)
def test_a_rule_finds_what_is_wrong_and_where(workspace, code, number):
    """One finding on each of the examples that a rule calls invalid, on the line that is at fault."""
    rule = RULES[code]
    example = rule.invalid[number]
    (finding,) = found_by(rule, example, workspace)
    assert finding.line == example.line
    assert finding.severity is rule.severity


def test_the_rules_and_their_severities():
    """What stops a push is decided here, and changed on purpose."""
    assert {code: rule.severity for code, rule in RULES.items()} == {
        "CC101": Severity.WARNING,
        "CC201": Severity.ERROR,
        "CC202": Severity.ERROR,
        "CC203": Severity.ERROR,
        "CC204": Severity.ERROR,
        "CC205": Severity.WARNING,
        "CC206": Severity.WARNING,
        "CC207": Severity.ERROR,
    }


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_rule_explains_itself(code):
    """`cochat explain` has something to say about each rule: what, why, an example and what to do."""
    rule = RULES[code]
    assert rule.valid
    assert rule.invalid
    assert len(rule.explanation.split("\n\n")) >= 3, rule.explanation
    assert re.search(r"^ {4}\S", rule.explanation, re.MULTILINE)


def test_adding_a_rule_is_adding_a_file(tmp_path, monkeypatch):
    """A module in the folder of the rules is a rule."""
    lines = ['"""Mine."""', "from cochat_devkit.lint.rule import Rule", 'RULE = Rule("CC999", "mine", list, (), ())']
    (tmp_path / "cc999_mine.py").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(cochat_devkit.lint.rules, "__path__", [*cochat_devkit.lint.rules.__path__, str(tmp_path)])
    all_rules.cache_clear()
    try:
        found = {rule.code: rule for rule in all_rules()}
        assert found["CC999"].explanation == "Mine."
    finally:
        all_rules.cache_clear()
        shutil.rmtree(tmp_path)


SENTENCES = [
    (
        *("", "a", "class Tool: ...\n", "CC202"),
        *("has no class named Tools; did you mean Tool?", "rename Tool to Tools"),
    ),
    (
        *("", "a", "class Filter: ...\n", "CC203"),
        *("the server takes this for a filter, and its folder is for tools", "move it to plugins/filters/"),
    ),
    (
        *("filter", "a", "from multiprocessing import Pipe\nclass Filter: ...\n", "CC203"),
        *("the server takes this for a pipe, and its folder is for filters", "import Pipe under another name"),
    ),
    (
        *("", "2-Fast!", "class Tools: ...\n", "CC204"),
        *("'2-Fast!' cannot be the id of a plugin", "rename the file to plugin_2_fast.py"),
    ),
    (
        *("", "a", "class Tools:\n    def f(self:\n", "CC201"),
        *("does not load: SyntaxError: '(' was never closed", None),
    ),
]


@pytest.mark.parametrize(("type_", "id_", "source", "code", "message", "hint"), SENTENCES)
def test_a_finding_says_what_to_do(workspace, type_, id_, source, code, message, hint):
    """I read one sentence, and what to change."""
    workspace.add(source, type_, id_)
    (finding,) = workspace.check(with_ruff=False)
    assert (finding.code, finding.message, finding.hint) == (code, message, hint)


def test_an_event_is_unknown_to_the_older_generation(workspace):
    """The check answers for the server that I have."""
    workspace.add("class Event: ...\n", "event")
    assert workspace.check(with_ruff=False) == []
    (finding,) = workspace.check(with_ruff=False, generation="0.6")
    assert (finding.code, finding.message) == ("CC202", "servers of the 0.6 generation know no Event")
