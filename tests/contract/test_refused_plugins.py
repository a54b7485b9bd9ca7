"""Plugins that do not load: nothing is stored, and who is told why."""

from __future__ import annotations

import pytest

from tests.contract import sources, texts
from tests.contract.stage import FUNCTIONS, TOOLS, create_plugin, make_id, read_json, refusal

REASONS = {
    "syntax": ("class {name}:\n    def x(:\n", "invalid syntax (<string>, line 2)"),
    "indentation": (
        "class {name}:\n    def x(self):\n    pass\n",
        "expected an indented block after function definition on line 2 (<string>, line 3)",
    ),
    "tabs": (
        "class {name}:\n\tdef x(self):\n        pass\n",
        "inconsistent use of tabs and spaces in indentation (<string>, line 3)",
    ),
    "null byte": ("class {name}: pass\n\0", "source code string cannot contain null bytes"),
    "byte order mark": (
        "\ufeffclass {name}: pass\n",
        "invalid non-printable character U+FEFF (<string>, line 1)",
    ),
    "raises at import": ("raise ValueError('boom at import')\nclass {name}: pass\n", "boom at import"),
    "missing module": (
        "import no_such_module_anywhere\nclass {name}: pass\n",
        "No module named 'no_such_module_anywhere'",
    ),
    "undefined name": ("class {name}:\n    x = nowhere\n", "name 'nowhere' is not defined"),
    "division": ("1/0\n", "division by zero"),
    "raises in init": (
        "class {name}:\n    def __init__(self):\n        raise RuntimeError('boom in init')\n",
        "boom in init",
    ),
    "init wants more": (
        "class {name}:\n    def __init__(self, x):\n        pass\n",
        "{name}.__init__() missing 1 required positional argument: 'x'",
    ),
}
NO_CLASS = {
    "tools": "No Tools class found in the module",
    "functions": "No Function class found in the module",
}
# 0.6 wraps the reason; 0.12 hides it at creation and tells it as it is at an update.
AT_CREATION = {
    "0.6": {"tools": "[ERROR: {reason}]", "functions": "[ERROR: {reason}]"},
    "0.12": {"tools": "[ERROR: Error creating tool]", "functions": "[ERROR: Error creating function]"},
}
AT_UPDATE = {"0.6": "[ERROR: {reason}]", "0.12": "{reason}"}
UNRESOLVED_HINT = 'class {name}:\n    def f(self, x: "Nowhere"):\n        "d"\n'
UNRESOLVED_REASON = "name 'Nowhere' is not defined"
MISSING = {
    "0.6": {"tools": (401, texts.NOT_FOUND), "functions": (401, texts.NOT_FOUND)},
    "0.12": {"tools": (404, texts.NOT_FOUND), "functions": (401, texts.NOT_FOUND)},
}


def check_refused(server, kind, source, reason):
    """Send a source to creation and to an update, and check that both refuse it and keep nothing of it."""
    new_id = make_id()
    answer = server.admin.post(f"{kind.path}/create", json=kind.form(new_id, source))
    assert refusal(answer) == (400, AT_CREATION[server.generation][kind.name].replace("{reason}", reason))
    assert refusal(server.admin.get(kind.url(new_id))) == MISSING[server.generation][kind.name]

    plugin_id = create_plugin(server.admin, kind)["id"]
    before = read_json(server.admin.get(kind.url(plugin_id)))
    form = kind.form(plugin_id, source, name="Another name")
    answer = server.admin.post(kind.url(plugin_id, "/update"), json=form)
    assert refusal(answer) == (400, AT_UPDATE[server.generation].replace("{reason}", reason))
    after = read_json(server.admin.get(kind.url(plugin_id)))
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}


@pytest.mark.parametrize("case", REASONS)
def test_a_plugin_that_does_not_load_is_not_stored(server, kind, case):
    """The reason is told by an update, and by a creation on 0.6 only; nothing changes on the server."""
    source, reason = (text.replace("{name}", kind.class_name) for text in REASONS[case])
    check_refused(server, kind, source, reason)


@pytest.mark.parametrize("source", ["", "x = 1\n", "def tools():\n    pass\n"])
def test_a_plugin_without_its_class_is_not_stored(server, kind, source):
    """A source without the class is refused in a sentence of its kind."""
    check_refused(server, kind, source, NO_CLASS[kind.name])


def test_a_tool_is_no_function_and_a_function_no_tool(server):
    """Each kind looks for its own classes."""
    check_refused(server, TOOLS, sources.FILTER, NO_CLASS["tools"])
    check_refused(server, FUNCTIONS, sources.TOOL, NO_CLASS["functions"])


def test_a_hint_that_leads_nowhere_is_refused_in_tools(server):
    """Type hints of tools are resolved when they are saved."""
    check_refused(server, TOOLS, UNRESOLVED_HINT.replace("{name}", "Tools"), UNRESOLVED_REASON)


def test_a_hint_that_leads_nowhere_is_taken_in_functions(server):
    """Type hints of functions are not looked at."""
    create_plugin(server.admin, FUNCTIONS, source=UNRESOLVED_HINT.replace("{name}", "Filter"))


def test_a_hint_without_a_schema_is_refused_in_tools(server):
    """A parameter of an arbitrary class has no schema: the update says so, and names the class."""
    source = "class Thing: pass\n\n\nclass Tools:\n    def f(self, x: Thing):\n        'd'\n"
    tool_id = create_plugin(server.admin, TOOLS)["id"]
    status, detail = refusal(server.admin.post(TOOLS.url(tool_id, "/update"), json=TOOLS.form(tool_id, source)))
    assert status == 400
    assert "Unable to generate pydantic-core schema for <class '" in detail
    assert ".Thing'>" in detail


def test_a_refused_creation_leaves_the_id_free(server, kind):
    """After a refused creation the same id can be created with a source that loads."""
    plugin_id = make_id()
    assert server.admin.post(f"{kind.path}/create", json=kind.form(plugin_id, "1/0")).status_code == 400
    assert create_plugin(server.admin, kind, plugin_id)["id"] == plugin_id
