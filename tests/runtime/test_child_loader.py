"""A plugin may do what it likes: the loader answers, and we live on."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from pathlib import Path

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest, PluginFacts
from cochat_devkit.runtime.child_loader import ChildLoader

WEATHER = '''"""
title: Weather
version: 1.2.0
"""
from pydantic import BaseModel, Field

print("hello")


class Tools:
    class Valves(BaseModel):
        units: str = Field("metric", description="metric or imperial")
        days: int = 3

    def __init__(self):
        self.valves = self.Valves()

    async def forecast(self, city: str, days: int = 1, __user__: dict = {}) -> str:
        """
        Tell the weather.

        :param city: where
        """
        return city
'''


@pytest.fixture(scope="module")
def loader():
    with ChildLoader(timeout_s=5) as loader:
        yield loader


@pytest.fixture(params=["fork", "process"])
def impatient_loader(request):
    """Both ways of loading, with little time for each plugin."""
    with ChildLoader(timeout_s=3, forks=request.param == "fork") as loader:
        yield loader


def load(loader, source, kind="tool", **more):
    return loader.load(LoadRequest(kind, "sample", source, **more))


def fail(loader, source, kind="tool", **more):
    told = load(loader, source, kind, **more)
    assert isinstance(told, LoadFailure), told
    return told


def test_a_tool_is_described_as_the_server_would(loader):
    """I see the specs, the frontmatter and the valves before anything is pushed."""
    told = load(loader, WEATHER)
    assert isinstance(told, PluginFacts)
    assert told.type == "tool"
    assert told.frontmatter == {"title": "Weather", "version": "1.2.0"}
    assert told.specs == [
        {
            "name": "forecast",
            "description": "Tell the weather.",
            "parameters": {
                "type": "object",
                "required": ["city"],
                "properties": {
                    "city": {"type": "string", "description": "where"},
                    "days": {"type": "integer", "default": 1},
                },
            },
        }
    ]
    assert told.valves["properties"]["units"]["description"] == "metric or imperial"
    assert (told.user_valves, told.has_user_valves) == (None, False)
    assert told.output == "hello\n"


def test_a_filter_shows_its_hooks(loader):
    """I see which hooks a filter has, and whether users switch it on themselves."""
    source = (
        "class Filter:\n    toggle = True\n    class UserValves: pass\n    def inlet(self, body): return body\n"
        "    async def stream(self, event): return event\n    def request(self, body): return body\n"
    )
    told = load(loader, source, "function")
    assert (told.type, told.handlers, told.toggle) == ("filter", ("inlet", "stream", "request"), True)
    assert told.has_user_valves
    older = load(loader, source, "function", generation="0.6")
    assert older.handlers == ("inlet", "stream")


def test_the_generations_of_servers_see_different_things(loader):
    """A helper with one underscore is offered to the model on 0.6, and an Event is unknown there."""
    source = "class Tools:\n    def _helper(self): ...\n    def work(self): ...\n"
    assert [spec["name"] for spec in load(loader, source).specs] == ["work"]
    assert [spec["name"] for spec in load(loader, source, generation="0.6").specs] == ["_helper", "work"]
    assert load(loader, "class Event: ...", "function").type == "event"
    assert fail(loader, "class Event: ...", "function", generation="0.6").exception == "NoEntryClass"


BROKEN = [
    ("tool", "x = 1\n", "NoEntryClass", "No Tools class found in the module", None),
    ("function", "x = 1\n", "NoEntryClass", "No Function class found in the module", None),
    ("tool", "\n\nclass Tools\n", "SyntaxError", "expected ':' (<string>, line 3)", 3),
    ("tool", "\n1 / 0\n", "ZeroDivisionError", "division by zero", 2),
    ("tool", "import json\njson.loads('')", "JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", 2),
    ("tool", "import sys\nsys.exit('bye')\n", "SystemExit", "bye", 2),
    ("tool", "raise KeyboardInterrupt\n", "KeyboardInterrupt", "", 1),
    (
        "tool",
        "class Tools:\n    def f(self): ...\n    def g(self, a: 'X'): ...",
        "NameError",
        "name 'X' is not defined",
        3,
    ),
    ("function", "class Pipe:\n    def __init__(self):\n        y", "NameError", "name 'y' is not defined", 3),
]


@pytest.mark.parametrize(("kind", "source", "exception", "message", "line"), BROKEN)
def test_a_broken_plugin_gets_the_servers_words_and_the_line_the_server_hides(
    loader, kind, source, exception, message, line
):
    """I read what the server would have logged, and the line in my file."""
    assert fail(loader, source, kind) == LoadFailure(exception, message, line)


@pytest.mark.parametrize(
    ("source", "module"),
    [
        ("import not_there.at_all\n", "not_there"),
        ("from apps.webui.models import x\n", "open_webui.apps"),
        ("try:\n    import not_there\nexcept ImportError:\n    raise RuntimeError('install it')\n", "not_there"),
    ],
)
def test_a_missing_module_is_named(loader, source, module):
    """What is not installed here is told apart from what is broken, also where the plugin says it in its own words."""
    assert fail(loader, source).missing_module == module


def test_a_name_that_a_module_lacks_is_told_with_the_module(loader):
    """The server's own modules are played: what is not in them is missing here as it is there."""
    told = fail(loader, "from utils.misc import nothing_there\n")
    assert (told.exception, told.line, told.missing_module) == ("ImportError", 1, None)
    assert told.lacking_module == "open_webui.utils.misc"


def test_a_plugin_may_run_for_ever(impatient_loader):
    """An endless loop ends, and the next plugin loads."""
    told = fail(impatient_loader, "while True: pass\n")
    assert (told.exception, told.message) == ("TimedOut", "the plugin did not finish within 3 seconds")
    assert isinstance(load(impatient_loader, WEATHER), PluginFacts)


def test_a_plugin_may_print_for_ever(impatient_loader):
    """Endless output does not fill my memory."""
    assert fail(impatient_loader, "import sys\nwhile True: sys.stdout.write('x' * 1_000_000)\n").exception == "TimedOut"


def test_output_is_kept_up_to_a_limit(impatient_loader):
    """I see what a plugin printed, the first ten thousand characters of it."""
    told = load(impatient_loader, "import sys\nfor n in range(100): print('é' * 1_000)\nclass Tools: ...\n")
    assert isinstance(told, PluginFacts)
    assert told.output == ("é" * 1_000 + "\n") * 9 + "é" * 991


@pytest.mark.parametrize(
    ("source", "ending"),
    [
        ("import os\nos._exit(3)\n", "(exit code 3)"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "(signal SIGSEGV)"),
        ("import os\nos.abort()\n", "(signal SIGABRT)"),
        ("import os\nos.kill(os.getpid(), 40)\n", "(signal 40)"),
    ],
)
def test_a_plugin_may_take_its_process_down(impatient_loader, source, ending):
    """A crash in native code is a sentence, not the end of my session."""
    told = fail(impatient_loader, source)
    assert (told.exception, told.message) == ("Crashed", f"the plugin ended its process {ending}")
    assert isinstance(load(impatient_loader, WEATHER), PluginFacts)


def test_a_plugin_may_write_into_every_pipe_it_finds(impatient_loader):
    """A plugin that forges or closes our pipe is told to have crashed."""
    forged = 'import os\nfor fd in range(3, 30):\n    try: os.write(fd, b"[]\\n")\n    except OSError: pass\n'
    assert fail(impatient_loader, forged).exception == "Crashed"
    assert fail(impatient_loader, "import os\nos.closerange(3, 99)\nclass Tools: ...\n").exception == "Crashed"
    assert isinstance(load(impatient_loader, WEATHER), PluginFacts)


def test_a_plugin_may_describe_itself_without_end(loader):
    """A schema of many megabytes is refused."""
    source = "class Tools:\n    def work(self): ...\n    work.__doc__ = 'x' * 5_000_000\n"
    assert fail(loader, source).exception == "TooLarge"


def test_plugins_do_not_meet(loader):
    """What one plugin leaves behind in its process, the next does not find."""
    first = (
        "import os, sys, builtins, types\nos.environ['LEFT'] = '1'\nos.chdir('/')\nbuiltins.left = 1\n"
        "sys.modules['left'] = types.ModuleType('left')\nclass Tools: ...\n"
    )
    second = (
        "import os, sys, builtins\nassert 'LEFT' not in os.environ\nassert os.getcwd() != '/'\n"
        "assert not hasattr(builtins, 'left')\nassert 'left' not in sys.modules\nclass Tools: ...\n"
    )
    assert isinstance(load(loader, first), PluginFacts)
    assert isinstance(load(loader, second), PluginFacts)


def test_secrets_do_not_reach_plugin_code(monkeypatch):
    """A token in my environment stays out of reach."""
    monkeypatch.setenv("COCHAT_TOKEN", "canary-7")
    with ChildLoader() as loader:
        told = load(loader, "import os\nprint(os.environ)\nclass Tools: ...\n")
    assert isinstance(told, PluginFacts)
    assert "PATH" in told.output
    assert "canary-7" not in told.output


def test_a_plugin_with_a_file_runs_under_its_real_path(loader, tmp_path):
    """Tracebacks and breakpoints speak of my file; a relative path means what it means to me."""
    path = tmp_path / "sample.py"
    told = load(
        loader,
        "print(__file__)\nimport inspect\nprint(inspect.currentframe().f_code.co_filename)\nclass Tools: ...\n",
        path=path,
    )
    assert told.output.splitlines() == [str(path), str(path)]
    relative = Path("sample.py")
    assert load(loader, "print(__file__)\nclass Tools: ...\n", path=relative).output.strip() == str(relative.absolute())


def test_a_plugin_loads_inside_a_running_event_loop(loader):
    """What works at import on the server works here."""
    source = "import asyncio\nasyncio.get_running_loop().create_task(asyncio.sleep(0))\nclass Tools: ...\n"
    assert isinstance(load(loader, source), PluginFacts)


def test_processes_that_a_plugin_starts_end_with_it(loader):
    """A plugin that starts a server at import leaves none behind."""
    source = "import subprocess, sys\nchild = subprocess.Popen(['sleep', '60'])\nprint(child.pid)\nclass Tools: ...\n"
    told = load(loader, source)
    assert isinstance(told, PluginFacts)
    assert _is_gone(int(told.output))


def test_the_child_ends_with_the_loader():
    """No process is left when we are done; closing twice is fine, and a later request starts anew."""
    loader = ChildLoader()
    loader.start()
    pids = [loader._child._process.pid, _waiting_fork_of(loader)]
    loader.close()
    assert all(map(_is_gone, pids))
    loader.close()
    assert isinstance(load(loader, WEATHER), PluginFacts)
    loader.close()


def test_a_child_that_was_killed_while_idle_is_started_again(loader):
    """An out-of-memory killer between two saves goes unnoticed."""
    assert isinstance(load(loader, WEATHER), PluginFacts)
    loader._child._process.kill()
    loader._child._process.wait()
    assert isinstance(load(loader, WEATHER), PluginFacts)


def test_a_fork_that_was_killed_while_it_waits_is_replaced(loader):
    """So does its end."""
    for _round in range(2):
        assert isinstance(load(loader, WEATHER), PluginFacts)
        os.kill(pid := _waiting_fork_of(loader), signal.SIGKILL)
        _wait_until(lambda pid=pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
        assert isinstance(load(loader, WEATHER), PluginFacts)
        assert _waiting_fork_of(loader) != pid


def test_the_fork_for_the_next_plugin_outlives_this_one(loader):
    """What ends a plugin's processes leaves it alone."""
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\nclass Tools: ...\n"
    assert isinstance(load(loader, source), PluginFacts)
    waiting = _waiting_fork_of(loader)
    assert load(loader, "import os\nprint(os.getpid())\nclass Tools: ...\n").output.split() == [str(waiting)]


def test_a_plugin_has_no_channel_of_ours(loader):
    """It finds nothing to read, and of our pipes only its own."""
    source = """
import stat, sys, os

def is_pipe(number):
    try:
        return stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:
        return False

print([number for number in range(256) if is_pipe(number)], repr(sys.stdin.read()))
class Tools: ...
"""
    for _round in range(3):
        assert load(loader, source).output == "[1, 2, 3] ''\n"


def test_a_plugin_that_kills_the_process_above_it_is_told_so(loader):
    """Even the warm process is expendable."""
    told = fail(loader, "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n")
    assert told == LoadFailure("Crashed", "the process that loads plugins ended")
    assert isinstance(load(loader, WEATHER), PluginFacts)


def test_several_threads_may_ask(loader):
    """The local server asks from its pool: each gets its own answer."""
    told = {}

    def ask(name):
        told[name] = load(loader, f'"""\ntitle: {name}\n"""\nclass Tools: ...\n').frontmatter

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == {str(number): {"title": str(number)} for number in range(8)}


def test_valves_are_checked_as_on_the_server(loader):
    """Strings become numbers, nulls and unknown keys go, defaults are not stored."""
    request = LoadRequest("tool", "sample", WEATHER)
    assert loader.check_valves(request, {"days": "5", "units": None, "unknown": 1}) == {"days": 5}
    told = loader.check_valves(request, {"days": "many"})
    assert isinstance(told, LoadFailure)
    assert told.exception == "ValidationError"
    assert told.message.startswith("1 validation error for Valves\ndays\n  Input should be a valid integer")
    assert loader.check_valves(request, {}, user=True) == LoadFailure("NoValves", "the plugin has no UserValves")
    assert isinstance(loader.check_valves(LoadRequest("tool", "sample", "1 / 0"), {}), LoadFailure)


def _waiting_fork_of(loader):
    """Find the process that waits for the next plugin; it is there a moment after an answer, if not before."""
    parent = loader._child._process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children")
    _wait_until(lambda: len(children.read_text().split()) == 1)
    return int(children.read_text())


def _wait_until(is_so):
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _is_gone(pid):
    """Tell whether a process has ended, or ends within seconds: a kill takes the system a moment."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 5.0)[0])
    finally:
        os.close(handle)


@pytest.mark.parametrize(("generation", "exception"), [("0.12", "NameError"), ("0.6", None)])
def test_the_newer_servers_defer_annotations(loader, generation, exception):
    """A hint that names a class inside the plugin's own leads nowhere on 0.12, and one that is nonsense is no error."""
    inside = "class Tools:\n    class Place: pass\n    def f(self, __place__: Place = None): ...\n"
    told = load(loader, inside, generation=generation)
    assert (told.exception if isinstance(told, LoadFailure) else None) == exception
    nonsense = load(loader, "def f(a: 1 / 0): ...\nclass Tools: ...\n", generation=generation)
    assert isinstance(nonsense, LoadFailure) is (generation == "0.6")


@pytest.mark.parametrize(("generation", "names"), [("0.12", ["f", "sample_f"]), ("0.6", ["f", "f"])])
def test_two_specs_of_one_name_are_told_apart(loader, generation, names):
    """A method that has two names is stored twice; the model of a newer server is given two tools."""
    told = load(loader, "class Tools:\n    def f(self): ...\n    g = f\n", generation=generation)
    assert [each["name"] for each in told.specs] == ["f", "f"]
    assert [each["name"] for each in told.model_specs] == names


SELECT = """from pydantic import BaseModel, Field

class Filter:
    class Valves(BaseModel):
        a: str = Field("", json_schema_extra={"input": {"type": "select", "options": "tell"}})
        b: str = Field("", json_schema_extra={"input": {"type": "select", "options": "fail"}})

        @classmethod
        def tell(cls, __user__):
            return [__user__["role"]]

        @classmethod
        def fail(cls):
            raise OSError
"""


@pytest.mark.parametrize(("generation", "options"), [("0.12", [["admin"], "fail"]), ("0.6", ["tell", "fail"])])
def test_a_method_says_what_can_be_chosen(loader, generation, options):
    """The choices that a method of the valves makes are in their schema; of one that fails the name is left."""
    told = load(loader, SELECT, "function", generation=generation)
    assert [each["input"]["options"] for each in told.valves["properties"].values()] == options
