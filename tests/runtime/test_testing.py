"""`cochat test` runs the plugins' own tests and says where they failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cochat_devkit.errors import LocalError
from cochat_devkit.findings import Finding
from cochat_devkit.runtime.testing import TestRun, run_plugin_tests
from cochat_devkit.scaffold import packaged_templates_dir, render_scaffold, shipped_plugins_dir

PLUGIN = "class Tools:\n    def halve(self, n):\n        return 10 / n\n"
HEAD = """import pytest


@pytest.fixture
def tool(load_plugin):
    return load_plugin("plugins/tools/a.py").instance


"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "cochat.toml").touch()
    return Workspace(tmp_path)


class Workspace:
    def __init__(self, root):
        self.root = root
        self.write("plugins/tools/a.py", PLUGIN)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *paths, **more):
        return run_plugin_tests([Path(path) for path in paths or ["plugins/tests"]], root=self.root, **more)


def test_passing_tests_are_counted(workspace):
    """Green is green, whatever configuration the folders above have."""
    workspace.write("plugins/tests/tools/test_a.py", HEAD + "def test_it(tool):\n    assert tool.halve(5) == 2\n")
    ran = workspace.run()
    assert (ran.passed, ran.failed, ran.skipped, ran.findings) == (1, 0, 0, ())
    assert "1 passed" in ran.output


def test_a_failed_assertion_is_a_finding_with_its_line(workspace):
    """I can click on the line of the test that failed."""
    workspace.write(
        "plugins/tests/tools/test_a.py",
        HEAD + "def test_it(tool):\n    n = tool.halve(5)\n    assert n == 3, 'not three'\n",
    )
    ran = workspace.run()
    assert (ran.passed, ran.failed) == (0, 1)
    assert ran.findings == (
        Finding("plugins/tests/tools/test_a.py", 11, 1, "CCT01", "test_it: AssertionError: not three"),
    )


def test_an_exception_in_a_plugin_is_a_finding_in_the_plugin(workspace):
    """The line that matters is the one in my plugin, not the one in the test that called it."""
    workspace.write("plugins/tests/tools/test_a.py", HEAD + "def test_it(tool):\n    tool.halve(0)\n")
    (finding,) = workspace.run().findings
    assert str(finding) == "plugins/tools/a.py:3:1: CCT01 test_it: ZeroDivisionError: division by zero"


def test_an_exception_in_the_standard_library_is_a_finding_at_its_caller(workspace):
    """A line in somebody else's code tells me nothing."""
    workspace.write("plugins/tests/tools/test_a.py", "import json\n\ndef test_it():\n    json.loads('')\n")
    (finding,) = workspace.run().findings
    assert (finding.path, finding.line) == ("plugins/tests/tools/test_a.py", 4)


def test_packages_inside_the_workspace_are_somebody_elses_code(workspace):
    """A virtual environment in the workspace does not attract findings."""
    library = workspace.write(".venv/lib/site-packages/lib.py", "def fail():\n    raise OSError('deep')\n").parent
    workspace.write(
        "plugins/tests/tools/test_a.py",
        f"import sys\nsys.path.append({str(library)!r})\nimport lib\n\ndef test_it():\n    lib.fail()\n",
    )
    (finding,) = workspace.run().findings
    assert str(finding) == "plugins/tests/tools/test_a.py:6:1: CCT01 test_it: OSError: deep"


def test_a_plugin_that_does_not_load_fails_its_tests_at_its_own_line(workspace):
    """A broken import shows where it is."""
    workspace.write("plugins/tools/a.py", "\n\nimport not_there_at_all\n")
    workspace.write("plugins/tests/tools/test_a.py", HEAD + "def test_it(tool): ...\n")
    (finding,) = workspace.run().findings
    assert (finding.path, finding.line) == ("plugins/tools/a.py", 3)
    assert "No module named 'not_there_at_all'" in finding.message


def test_a_test_file_that_cannot_be_read_is_a_finding(workspace):
    """A syntax error in a test file does not hide the other tests."""
    workspace.write("plugins/tests/tools/test_a.py", "def test_it(:\n")
    workspace.write("plugins/tests/tools/test_b.py", "raise RuntimeError('at import')\n")
    ran = workspace.run()
    assert ran.failed == 2
    assert [finding.path for finding in ran.findings] == [
        "plugins/tests/tools/test_a.py",
        "plugins/tests/tools/test_b.py",
    ]
    assert "RuntimeError: at import" in ran.findings[1].message


def test_failures_around_a_test_count_once(workspace):
    """A test whose clean-up fails has failed, and has not passed."""
    workspace.write(
        "plugins/tests/tools/test_a.py",
        "import pytest\n\n@pytest.fixture\ndef f():\n    yield\n    raise OSError('late')\n\ndef test_it(f): ...\n",
    )
    ran = workspace.run()
    assert (ran.passed, ran.failed, len(ran.findings)) == (0, 1, 1)


def test_skipped_tests_are_counted(workspace):
    """Skips and expected failures are neither passed nor failed."""
    workspace.write(
        "plugins/tests/tools/test_a.py",
        "import pytest\n\ndef test_a():\n    pytest.skip('no')\n\n@pytest.mark.xfail\ndef test_b():\n    assert 0\n",
    )
    workspace.write("plugins/tests/tools/test_b.py", "import pytest\npytest.skip('all', allow_module_level=True)\n")
    ran = workspace.run()
    assert (ran.passed, ran.failed, ran.skipped, ran.findings) == (0, 0, 3, ())


def test_a_plugin_without_tests_is_no_failure(workspace):
    """No test file, an empty one, an empty folder: nothing has failed."""
    assert workspace.run("plugins/tests/tools/test_none.py") == TestRun()
    (workspace.root / "plugins/tests").mkdir()
    assert workspace.run().findings == ()
    workspace.write("plugins/tests/tools/test_empty.py", "")
    ran = workspace.run("plugins/tests/tools/test_empty.py")
    assert (ran.passed, ran.failed, ran.findings) == (0, 0, ())


def test_only_the_tests_that_were_asked_for_run(workspace):
    """Saving one plugin does not run the tests of all."""
    workspace.write("plugins/tests/tools/test_a.py", "def test_it(): ...\n")
    workspace.write("plugins/tests/tools/test_b.py", "def test_it():\n    assert 0\n")
    assert workspace.run("plugins/tests/tools/test_a.py").findings == ()


def test_two_plugins_of_different_types_may_have_the_same_name(workspace):
    """`tools/test_a.py` and `filters/test_a.py` live side by side."""
    workspace.write("plugins/tests/tools/test_a.py", "def test_it(): ...\n")
    workspace.write("plugins/tests/filters/test_a.py", "def test_it(): ...\n")
    assert workspace.run().passed == 2


def test_a_configuration_above_the_workspace_does_not_matter(workspace, tmp_path):
    """Another project's pytest settings, in a folder above, do not leak in."""
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")
    inner = Workspace(tmp_path / "inner")
    inner.write("cochat.toml", "")
    inner.write("plugins/tests/tools/test_a.py", HEAD + "def test_it(tool): ...\n")
    assert inner.run().passed == 1


def test_the_workspaces_own_configuration_is_used(workspace):
    """My markers and options hold."""
    workspace.write("pyproject.toml", '[tool.pytest.ini_options]\npython_functions = "check_*"\n')
    workspace.write("plugins/tests/tools/test_a.py", "def check_it(): ...\n\ndef test_not(): assert 0\n")
    ran = workspace.run()
    assert (ran.passed, ran.failed) == (1, 0)


def test_a_configuration_that_pytest_refuses_is_told(workspace):
    """A broken setting is not taken for passing tests."""
    workspace.write("pytest.ini", "[pytest]\naddopts = --no-such-option\n")
    workspace.write("plugins/tests/tools/test_a.py", "def test_it(): ...\n")
    with pytest.raises(LocalError, match="pytest could not run"):
        workspace.run()


def test_endless_tests_end_and_are_named(workspace):
    """A test that hangs is ended, with the processes that it started, and I read which one it was."""
    workspace.write(
        "plugins/tests/tools/test_a.py",
        """import pathlib, subprocess, threading

def test_fine(): ...

def test_hangs():
    child = subprocess.Popen(["sleep", "60"])
    pathlib.Path("pid").write_text(str(child.pid))
    threading.Event().wait()
""",
    )
    ran = workspace.run("plugins/tests/tools/test_a.py", timeout_s=3)
    assert (ran.passed, ran.failed) == (1, 1)
    message = "test_hangs: the tests did not finish within 3 seconds"
    assert ran.findings == (Finding("plugins/tests/tools/test_a.py", 5, 1, "CCT02", message),)
    assert has_ended(workspace.root / "pid")


def test_output_arrives_line_by_line(workspace):
    """I see the tests run."""
    workspace.write("plugins/tests/tools/test_a.py", "def test_it():\n    print('grüß dich')\n    assert 0\n")
    seen = []
    ran = workspace.run(on_output=seen.append)
    assert "\n".join(seen) == ran.output
    assert "grüß dich" in seen


def test_an_interruption_ends_the_tests(workspace):
    """After Ctrl-C no test process is left."""
    workspace.write(
        "plugins/tests/tools/test_a.py",
        """import os, pathlib, threading

def test_it():
    pathlib.Path("pid").write_text(str(os.getpid()))
    os.write(1, b"now\\n")
    threading.Event().wait()
""",
    )
    workspace.write("pytest.ini", "[pytest]\naddopts = -s\n")

    def interrupt(line):
        if "now" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.run(on_output=interrupt)
    assert has_ended(workspace.root / "pid")


def test_secrets_do_not_reach_the_tests(workspace, monkeypatch):
    """A token in my environment does not end up in a test's output."""
    monkeypatch.setenv("COCHAT_TOKEN", "canary-9")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    workspace.write("plugins/tests/tools/test_a.py", "import os\n\ndef test_it():\n    assert not os.environ\n")
    ran = workspace.run()
    assert ran.failed == 1
    assert "canary-9" not in ran.output


@pytest.mark.parametrize("type_", ["tool", "filter", "pipe", "action"])
def test_the_tests_of_a_new_plugin_pass(workspace, type_):
    """`cochat new` gives me a plugin whose tests are green."""
    rendered = render_scaffold(
        type_, "sample", title="A Sample", author="Ada", template_dirs=[packaged_templates_dir()]
    )
    for name, text in rendered.items():
        workspace.write(name, text)
    ran = workspace.run()
    assert ran.findings == ()
    assert ran.passed >= 3


def test_the_tests_of_the_examples_pass():
    """Each example that we ship comes with tests, and they pass in a workspace of their own."""
    root = shipped_plugins_dir().parent
    ran = run_plugin_tests([shipped_plugins_dir() / "tests"], root=root)
    assert ran.findings == ()
    assert ran.passed > 50


def has_ended(pid_file):
    """Tell whether the process whose number is in a file is gone; a zombie is."""
    status = Path(f"/proc/{pid_file.read_text()}/stat")
    try:
        return "Z" in status.read_text(encoding="utf-8").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return True
