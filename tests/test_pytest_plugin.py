"""What a plugin's own tests get from us."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import types

import pytest

from cochat_devkit.runtime.standins.refusing import NotOffline
from cochat_devkit.runtime.testing import run_plugin_tests


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_tool_is_loaded_as_the_server_would(load_plugin, write):
    """I get the instance, the frontmatter, the specs and the valves."""
    source = (
        '"""\ntitle: A\n"""\nfrom pydantic import BaseModel\n\n\nclass Tools:\n    class Valves(BaseModel):\n'
        "        n: int = 3\n\n    def __init__(self):\n        self.valves = self.Valves()\n\n"
        '    def work(self, a: int):\n        """Work."""\n        return a + self.valves.n\n'
    )
    plugin = load_plugin(write("plugins/tools/a.py", source))
    assert (plugin.kind, plugin.frontmatter) == ("tool", {"title": "A"})
    assert plugin.specs["work"]["description"] == "Work."
    plugin.valves.n = 5
    assert plugin.instance.work(1) == 6


@pytest.mark.parametrize("name", ["plugins/filters/a.py", "a.py"])
def test_a_function_is_told_from_a_tool(load_plugin, write, name):
    """The folder says what a file is; elsewhere, its class."""
    plugin = load_plugin(write(name, "class Filter: ...\n"))
    assert (plugin.kind, plugin.specs, plugin.valves) == ("filter", {}, None)


def test_the_code_runs_under_its_real_path(load_plugin, write):
    """Breakpoints and coverage find my file."""
    path = write("plugins/pipes/a.py", "class Pipe:\n    def pipe(self, body): ...\n")
    assert load_plugin(path).instance.pipe.__code__.co_filename == str(path)


def test_what_a_plugin_imports_of_the_server_is_there(load_plugin, write):
    """I test a plugin that reads people, and install no server."""
    source = (
        "from open_webui.models.users import Users\n\n\nclass Tools:\n    async def who(self):\n"
        "        return await Users.get_users_by_group_id('x')\n"
    )
    plugin = load_plugin(write("plugins/tools/a.py", source))
    with pytest.raises(NotOffline, match="get_users_by_group_id"):
        asyncio.run(plugin.instance.who())


def test_a_fake_of_mine_is_left_alone(load_plugin, write, monkeypatch):
    """What I put into sys.modules myself is what the plugin gets."""
    monkeypatch.setitem(sys.modules, "open_webui", types.SimpleNamespace(mine=3))
    assert load_plugin(write("plugins/tools/a.py", "from open_webui import mine\nclass Tools: ...\n")).kind == "tool"


def test_a_plugin_that_does_not_load_fails_the_test(load_plugin, write):
    """The exception of the plugin is the exception of the test."""
    with pytest.raises(ZeroDivisionError):
        load_plugin(write("plugins/tools/a.py", "1 / 0\n"))


def test_a_plugin_loads_inside_an_event_loop(load_plugin, write):
    """As on the server, and also where the test itself is asynchronous."""
    path = write("plugins/tools/a.py", "import asyncio\nasyncio.get_running_loop()\nclass Tools: ...\n")
    assert load_plugin(path).kind == "tool"

    async def load():
        return load_plugin(path)

    assert asyncio.run(load()).kind == "tool"


def test_line_ends_and_rewritten_imports_are_the_servers(load_plugin, write, tmp_path):
    """What the server would store is what runs."""
    path = tmp_path / "a.py"
    path.write_bytes(b"class Tools:\r\n    text = 'from utils'\r\n")
    assert load_plugin(path).instance.text == "from open_webui.utils"


def test_modules_are_forgotten_after_the_test(write, tmp_path):
    """One test's plugin is not the next one's."""
    write("plugins/a.py", "class Tools: ...\n")
    write(
        "tests/test_a.py",
        "import sys\n"
        "def test_one(load_plugin):\n"
        "    load_plugin('plugins/a.py')\n"
        "    assert 'tool_a' in sys.modules\n"
        "def test_two():\n"
        "    assert 'tool_a' not in sys.modules\n",
    )
    assert run_plugin_tests([tmp_path / "tests"], root=tmp_path).passed == 2


def test_a_path_starts_at_the_nearest_workspace(write, tmp_path):
    """The folder with `cochat.toml` counts, wherever pytest was started."""
    write("inner/cochat.toml", "")
    write("inner/plugins/a.py", "class Tools: ...\n")
    write("inner/tests/test_a.py", "def test_it(load_plugin):\n    assert load_plugin('plugins/a.py').kind == 'tool'\n")
    assert run_plugin_tests([tmp_path / "inner" / "tests"], root=tmp_path).passed == 1


def test_the_plugin_is_light_to_import():
    """Having the kit installed does not slow down anybody's pytest."""
    program = (
        "import sys, pytest, _pytest.python, _pytest.fixtures\nbefore = set(sys.modules)\n"
        "import cochat_devkit.pytest_plugin\nprint(sorted(set(sys.modules) - before))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['cochat_devkit', 'cochat_devkit.pytest_plugin']"
