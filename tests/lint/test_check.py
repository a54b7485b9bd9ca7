"""One pass over plugins: our rules and ruff, in one list."""

from __future__ import annotations

import os

import pytest

from cochat_devkit.errors import LocalError
from cochat_devkit.events import Progress
from cochat_devkit.findings import Severity
from cochat_devkit.lint.ruff import run_ruff
from cochat_devkit.scaffold import packaged_templates_dir, render_scaffold, shipped_plugins_dir

CLEAN = '"""\ntitle: A\nversion: 1\n"""\n\n\nclass Tools:\n    def work(self, a: int) -> int:\n        return a\n'


def told(findings):
    return [(finding.path, finding.line, finding.code) for finding in findings]


def test_a_clean_plugin_has_no_findings(workspace):
    """Silence means that it is fine."""
    workspace.add(CLEAN)
    assert workspace.check() == []


def test_our_findings_and_ruffs_come_in_one_list(workspace):
    """I read the findings of a file from top to bottom, whoever made them."""
    workspace.add("import os\nimport json\nfrom configparser import ConfigParser\nprint(undefined)\n")
    assert told(workspace.check()) == [
        ("plugins/tools/example.py", 1, "F401"),
        ("plugins/tools/example.py", 2, "F401"),
        ("plugins/tools/example.py", 3, "CC201"),
        ("plugins/tools/example.py", 3, "CC206"),
        ("plugins/tools/example.py", 3, "F401"),
        ("plugins/tools/example.py", 4, "F821"),
    ]


def test_a_name_that_does_not_exist_stops_and_an_unused_import_does_not(workspace):
    """Cosmetics are shown and stop nothing."""
    workspace.add("import os\n\n\nclass Tools:\n    def work(self):\n        return undefined\n")
    assert [(each.code, each.severity, each.column) for each in workspace.check()] == [
        ("F401", Severity.WARNING, 8),
        ("F821", Severity.ERROR, 16),
    ]


@pytest.mark.parametrize(
    "source", ["class Tools:\n    def f(self:\n", "class Tools:\npass\n", "if x:\n\ty\n        z\n"]
)
def test_a_syntax_error_is_told_once(workspace, source):
    """One mistake, one finding, with the line."""
    workspace.add(source)
    (finding,) = workspace.check()
    assert finding.code == "CC201"
    assert "(<string>" not in finding.message


def test_an_error_that_only_the_compiler_sees_is_told(workspace):
    """An await outside of a function passes a parser and not the server."""
    workspace.add("import asyncio\n\nclass Tools: ...\n\nawait asyncio.sleep(0)\n")
    assert ("plugins/tools/example.py", 5, "CC201") in told(workspace.check())


def test_ruff_may_be_left_out(workspace):
    """The dev loop may ask for our rules alone."""
    workspace.add("import os\n" + "class Tools: ...\n")
    assert workspace.check(with_ruff=False) == []


def test_the_settings_of_other_projects_do_not_matter(workspace):
    """A ruff configuration above the plugins does not hide what is wrong; a comment in the line does."""
    settings = '[lint.per-file-ignores]\n"*" = ["F401"]\n'
    (workspace.root / "ruff.toml").write_text(settings, encoding="utf-8")
    (workspace.root / "ruff.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    workspace.add("import os\nimport sys  # noqa: F401\nclass Tools: ...\n")
    assert told(workspace.check()) == [("plugins/tools/example.py", 1, "F401")]


def test_many_files_are_checked_at_once(workspace):
    """Progress counts the files, and findings are sorted by file."""
    names = [f"plugin_{number:02}" for number in range(12)]
    for name in reversed(names):
        workspace.add("import os\nclass Tools: ...\n", id_=name)
    seen = []
    findings = workspace.check(emit=seen.append)
    assert [finding.path for finding in findings] == [f"plugins/tools/{name}.py" for name in names]
    assert seen == [Progress("check", done, 12) for done in range(13)]


def test_nothing_to_check_is_fine(workspace):
    """An empty workspace has no findings."""
    assert workspace.check() == []


def test_a_name_with_spaces_and_umlauts_reaches_ruff(workspace):
    """A folder of any name may be checked."""
    workspace.add("import os\nclass Tools: ...\n", id_="grüß gott @x")
    assert {code for _, _, code in told(workspace.check())} == {"CC204", "F401"}


def test_ruff_that_cannot_run_is_an_error_of_its_own(tmp_path):
    """A broken environment is not mistaken for a clean plugin."""
    path = tmp_path / "a.py"
    path.write_text("", encoding="utf-8")
    with pytest.raises(LocalError, match="ruff cannot be run"):
        run_ruff({path: "a.py", tmp_path / f"b.py{os.linesep}--no-such-option": "b.py"}, tmp_path)


@pytest.mark.parametrize("generation", ["0.12", "0.6"])
def test_the_examples_pass_our_own_check(workspace, generation):
    """What we ship as an example is one."""
    root = shipped_plugins_dir()
    for folder, type_ in (("tools", ""), ("filters", "filter")):
        for path in sorted((root / folder).glob("*.py")):
            workspace.add(path.read_text(encoding="utf-8"), type_, path.stem)
    assert len(workspace.files) == 5
    assert workspace.check(generation=generation) == []


@pytest.mark.parametrize("type_", ["tool", "filter", "pipe", "action"])
def test_a_new_plugin_passes_our_own_check(workspace, type_):
    """`cochat new` gives me something without findings."""
    rendered = render_scaffold(
        type_, "sample", title="A Sample", author="Ada", template_dirs=[packaged_templates_dir()]
    )
    (source,) = (text for path, text in rendered.items() if "tests" not in path)
    workspace.add(source, "" if type_ == "tool" else type_, "sample")
    assert workspace.check() == []
