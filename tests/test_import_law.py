"""The law of the house: who may import whom, who prints, who catches; read out of the source, not out of a run."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cochat_devkit"

FLOORS = {
    "words": (
        "__init__",
        "errors",
        "resource",
        "findings",
        "events",
        "plugin",
        "kit",
        "redaction",
        "facts",
        "interrupts",
        "tuples",
    ),
    "kinds": ("kinds",),
    "sync": ("sync",),
    "adapters": (
        *("api", "mirror", "workspace", "scaffold", "lint", "runtime", "watching", "server", "config", "credentials"),
        "trusted",
    ),
    "operations": ("operations",),
    "frontends": ("cli", "web", "pytest_plugin", "__main__"),
}
ABOVE = list(FLOORS)
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
#: floors that a floor does not see though they lie below
HIDDEN = {"adapters": ("sync",)}
#: third-party packages, with the only rooms that may import them
OWNERS = {
    "httpx": ("api",),
    "sqlite3": ("mirror", "server"),
    "watchdog": ("watching",),
    "click": ("cli",),
    "rich": ("cli",),
    "fastapi": ("server", "operations", "web"),
    "starlette": ("server",),
    "uvicorn": ("server", "operations"),
    "jinja2": ("scaffold", "web"),
    "markupsafe": ("web",),
    "markdown_it": ("web", "cli"),
    "pygments": ("web",),
    "datasette": ("web",),
    "keyring": ("credentials",),
    "packaging": ("runtime",),
    "platformdirs": ("credentials",),
    "ruamel": ("workspace", "server"),
    "dateutil": ("server",),
    "cronsim": ("operations",),
    "pytest": ("pytest_plugin", "runtime", "operations"),
    "vcr": ("runtime",),
    "pydantic": ("server", "runtime"),
    "sqlalchemy": ("runtime",),
}
#: what the pure floors have no use for
IMPURE = ("os", "pathlib", "time", "io", "shutil", "tempfile", "socket", "subprocess", "random", "secrets", "sqlite3")
PURE = ("kinds", "sync")
#: the only module that prints
PRINTER = "cli/render.py"
#: where any exception may be caught and kept, with the reason
CATCHERS = {
    "runtime/action_calls.py": "whatever an action raises, the server tells the page",
    "cli/commands.py": "the guard: whatever comes there is our own bug",
    "runtime/child.py": "whatever a plugin raises is the answer",
    "runtime/loading.py": "a plugin's class may raise anything",
    "runtime/standins/build.py": "a type that means nothing here is anything",
    "runtime/tool_calls.py": "whatever a method raises, the server tells the model",
    "runtime/kit/stage.py": "what a plugin keeps may refuse to be copied, in any way",
    "runtime/filter_chain.py": "user valves that do not fit are logged on the server, and the filter runs without them",
    "runtime/pipe_calls.py": "whatever a pipe raises, the server tells the reader",
    "runtime/hook_calls.py": "whatever a hook raises is the answer",
    "runtime/turn_outlets.py": "what an outlet raises, nobody hears",
    "runtime/turn_pages.py": "the answer so far is kept, and the server says what was in the way of the rest",
    "runtime/turn_callers.py": "what a stream hook raises ends the stream",
    "runtime/turns.py": "whatever a plugin raises in a turn, the server tells the person",
    "runtime/turn_tools.py": "whatever a method raises, the server tells the model",
    "runtime/tool_prompts.py": "where prompting for tools fails, the server goes on without them",
    "runtime/snapshots.py": "a plugin's own __repr__ may raise anything",
    "runtime/valve_options.py": "a method that cannot say what can be chosen leaves the choice open, as on the server",
    "runtime/offers.py": "a pipe that cannot name its models has none, on the real servers too",
    "credentials.py": "keyring backends fail in ways of their own, and a broken keyring has nothing for us",
    # not there yet: "operations/apply.py": the pool boundary
}


def find_faults(package: Path) -> list[str]:
    """Read every module below a folder, and name what breaks the law: `path:line: fault`."""
    faults = []
    for path in sorted(package.rglob("*.py")):
        relative = path.relative_to(package)
        room = relative.parts[0].removesuffix(".py")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            found = [*_import_faults(node, relative, room), *_act_faults(node, relative.as_posix(), room)]
            faults += [f"{relative.as_posix()}:{getattr(node, 'lineno', 0)}: {fault}" for fault in found]
    return faults


def _import_faults(node, relative, room):
    floor = FLOOR_OF.get(room)
    if floor is None:
        yield f"{room} is on no floor"
    for name in _imported(node, relative):
        top, _, rest = name.partition(".")
        if top == "cochat_devkit":
            yield from _floor_faults(room, floor, rest.partition(".")[0] or "__init__")
        elif floor == "words" and top not in _STDLIB:
            yield f"words import {top}"
        elif room not in OWNERS.get(top, (room,)) or (room in PURE and top in IMPURE):
            yield f"{room} imports {top}"


def _floor_faults(room, floor, other):
    theirs = FLOOR_OF.get(other)
    if theirs is None or floor is None or room == other:
        return
    if ABOVE.index(theirs) > ABOVE.index(floor):
        yield f"{floor} import {theirs}: {other}"
    elif theirs == floor == "adapters":
        yield f"adapters import each other: {room} imports {other}"
    elif theirs in HIDDEN.get(floor, ()):
        yield f"{floor} import {theirs}: {other}"


def _imported(node, relative):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:
        here = ("cochat_devkit", *relative.parts[:-1])
        base = ".".join(here[: len(here) - node.level + 1])
        module = f"{base}.{node.module}" if node.module else base
    else:
        module = node.module or ""
    # `from cochat_devkit import api` imports a room by name
    return [f"{module}.{alias.name}" for alias in node.names] if module == "cochat_devkit" else [module]


def _act_faults(node, path, room):
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        is_print = called in ("print", "sys.stdout.write", "sys.stderr.write", "click.echo", "click.secho", "pprint")
        if is_print and path != PRINTER:
            yield f"{called} outside of {PRINTER}"
        if called in ("sys.exit", "exit", "quit") and room not in ("cli", "__main__", "runtime"):
            yield f"{called} outside of the command line"
        if room in PURE and called in ("open", "datetime.now", "datetime.utcnow", "datetime.today", "input"):
            yield f"{room} calls {called}"
        if called.endswith("suppress") and path not in CATCHERS and any(map(_is_everything, node.args)):
            yield "an exception of any sort is caught and kept"
    if (
        isinstance(node, ast.ExceptHandler)
        and path not in CATCHERS
        and (node.type is None or _is_everything(node.type))
    ):
        ends_by_raising = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
        if not ends_by_raising:
            yield "an exception of any sort is caught and kept"


def _is_everything(node):
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(ast.unparse(each) in ("Exception", "BaseException") for each in names)


_STDLIB = sys.stdlib_module_names


def test_the_house_keeps_its_law():
    """I can change one room without reading the others: nothing reaches where it should not."""
    assert find_faults(PACKAGE) == []


@pytest.mark.parametrize(
    ("path", "source", "fault"),
    [
        ("errors.py", "from cochat_devkit.kinds import all_kinds", "words import kinds: kinds"),
        ("errors.py", "import httpx", "words import httpx"),
        ("kinds/tool.py", "from cochat_devkit.sync.merge import merge_bodies", "kinds import sync: sync"),
        ("kinds/tool.py", "import httpx", "kinds imports httpx"),
        ("kinds/tool.py", "import fastapi", "kinds imports fastapi"),
        ("kinds/tool.py", "import os.path", "kinds imports os"),
        ("kinds/tool.py", "from pathlib import Path", "kinds imports pathlib"),
        ("kinds/tool.py", "import time", "kinds imports time"),
        ("kinds/tool.py", "now = datetime.now(UTC)", "kinds calls datetime.now"),
        ("sync/decide.py", "from cochat_devkit.mirror.rows import Row", "sync import adapters: mirror"),
        ("sync/decide.py", "def read():\n    open('x')", "sync calls open"),
        ("sync/decide.py", "import time", "sync imports time"),
        ("api/client.py", "from cochat_devkit.mirror.store import MirrorStore", "adapters import each other: api"),
        ("api/client.py", "from ..mirror import store", "adapters import each other: api imports mirror"),
        ("api/client.py", "from .. import mirror", "adapters import each other: api imports mirror"),
        ("api/client.py", "from cochat_devkit import mirror", "adapters import each other: api imports mirror"),
        ("config.py", "import cochat_devkit.credentials", "adapters import each other: config imports credentials"),
        ("config.py", "from . import credentials", "adapters import each other: config imports credentials"),
        ("server/app.py", "from cochat_devkit.runtime import loading", "adapters import each other: server"),
        ("workspace/tree.py", "from cochat_devkit.sync.merge import merge_lines", "adapters import sync: sync"),
        ("workspace/tree.py", "from cochat_devkit.operations import pull", "adapters import operations: operations"),
        ("workspace/tree.py", "import httpx", "workspace imports httpx"),
        ("workspace/tree.py", "from httpx import get", "workspace imports httpx"),
        ("operations/pull.py", "import click", "operations imports click"),
        ("operations/pull.py", "from cochat_devkit.cli import render", "operations import frontends: cli"),
        ("operations/pull.py", "print('done')", "print outside of cli/render.py"),
        ("operations/pull.py", "import sys\nsys.exit(1)", "sys.exit outside of the command line"),
        ("cli/pull.py", "import httpx", "cli imports httpx"),
        ("cli/pull.py", "import sqlite3", "cli imports sqlite3"),
        ("cli/pull.py", "import watchdog.events", "cli imports watchdog"),
        ("web/pages.py", "import watchdog", "web imports watchdog"),
        ("cli/pull.py", "import click\nclick.echo('x')", "click.echo outside of cli/render.py"),
        ("cli/pull.py", "import sys\nsys.stdout.write('x')", "sys.stdout.write outside of cli/render.py"),
        ("api/client.py", "try:\n    x\nexcept Exception:\n    pass", "an exception of any sort is caught and kept"),
        ("api/client.py", "try:\n    x\nexcept (OSError, Exception):\n    y", "an exception of any sort is caught"),
        ("api/client.py", "try:\n    x\nexcept:\n    y", "an exception of any sort is caught and kept"),
        ("api/client.py", "with suppress(Exception):\n    x", "an exception of any sort is caught and kept"),
        ("attic.py", "x = 1", "attic is on no floor"),
        (
            "sync/decide.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cochat_devkit.api.client import Client",
            "sync import adapters: api",
        ),
        ("sync/decide.py", "def late():\n    from cochat_devkit import api", "sync import adapters: api"),
    ],
)
def test_the_law_has_teeth(tmp_path, path, source, fault):
    """Each way of breaking the law, planted in a house of its own, is found and named."""
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(source, encoding="utf-8")
    found = find_faults(tmp_path)
    assert any(fault in each and each.startswith(f"{path}:") for each in found), found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "api/client.py",
            "import httpx\nfrom cochat_devkit.kinds.kind import Kind\nfrom cochat_devkit.errors import X",
        ),
        ("mirror/store.py", "import sqlite3, time\nfrom . import rows\nfrom .bodies import pack_plain"),
        ("watching/watcher.py", "from watchdog.events import FileSystemEvent"),
        ("operations/pull.py", "from cochat_devkit.sync import merge\nfrom cochat_devkit.api import client"),
        ("cli/render.py", "import click, sys\nprint('x')\nsys.stdout.write('x')"),
        ("cli/commands.py", "import sys\ntry:\n    x\nexcept Exception:\n    y\nsys.exit(1)"),
        ("workspace/files.py", "try:\n    x\nexcept BaseException:\n    clean()\n    raise"),
        ("kinds/wire.py", "from datetime import UTC, datetime\nfrom cochat_devkit.resource import Key"),
    ],
)
def test_the_law_lets_the_lawful_pass(tmp_path, path, source):
    """The law does not stop what the house was made for."""
    place = tmp_path / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(source, encoding="utf-8")
    assert find_faults(tmp_path) == []


def test_no_exception_to_the_law_outlives_its_reason():
    """Each module that may catch anything still does."""
    for path in CATCHERS:
        tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
        caught = [ast.unparse(node.type or node) for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
        calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert any("Exception" in each for each in (*caught, *calls)), path
