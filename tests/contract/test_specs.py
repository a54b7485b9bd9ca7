"""What the model is told of a tool: the specs that are stored with it."""

from __future__ import annotations

import pytest

from tests.contract.stage import TOOLS, create_plugin, find, read_json

SOURCE = '''from typing import Literal, Optional


class Tools:
    def add(
        self,
        x: int,
        y: float = 2.0,
        name: str = "n",
        flag: bool = False,
        maybe: Optional[str] = None,
        tags: list[str] = [],
        mode: Literal["a", "b"] = "a",
        untyped=None,
        __user__: dict = {},
        _hidden: int = 1,
    ) -> str:
        """
        Add two numbers.
        More text line.

        :param x: first number
        :param y: second number
        :param mode: which mode
            continued line
        :return: the sum
        """
        return str(x + y)

    async def plain(self):
        return 1

    def required(self, q: Optional[int], items: list[int], anything):
        """Say."""

    def _helper(self, z: int):
        """Help."""

    attribute = 1
'''

ADD = {
    "x": {"description": "first number", "type": "integer"},
    "y": {"default": 2.0, "description": "second number", "type": "number"},
    "name": {"default": "n", "type": "string"},
    "flag": {"default": False, "type": "boolean"},
    "tags": {"default": [], "items": {"type": "string"}, "type": "array"},
}
PLAIN = {"name": "plain", "description": "", "parameters": {"properties": {}, "type": "object"}}


def spec(name, description, properties, required):
    parameters = {"properties": properties, "required": required, "type": "object"}
    return {"name": name, "description": description, "parameters": parameters}


SPECS = {
    "0.6": [
        spec("_helper", "Help.", {"z": {"type": "integer"}}, ["z"]),
        spec(
            "add",
            "Add two numbers.\nMore text line.",
            {
                **ADD,
                "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                "mode": {"default": "a", "description": "which mode", "enum": ["a", "b"], "type": "string"},
                "untyped": {"default": None},
            },
            ["x"],
        ),
        PLAIN,
        spec(
            "required",
            "Say.",
            {
                "q": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "items": {"items": {"type": "integer"}, "type": "array"},
                "anything": {},
            },
            ["q", "items", "anything"],
        ),
    ],
    "0.12": [
        spec(
            "add",
            "Add two numbers.\nMore text line.",
            {
                **ADD,
                "maybe": {"type": "string"},
                "mode": {
                    "default": "a",
                    "description": "which mode\ncontinued line",
                    "enum": ["a", "b"],
                    "type": "string",
                },
                "untyped": {"type": "string"},
            },
            ["x"],
        ),
        PLAIN,
        spec(
            "required",
            "Say.",
            {
                "q": {"type": "integer"},
                "items": {"items": {"type": "integer"}, "type": "array"},
                "anything": {"type": "string"},
            },
            ["q", "items", "anything"],
        ),
    ],
}
WITH_SPECS = {"0.6": ["/", "/export"], "0.12": ["/", "/list", "/export"]}
HELPERS_TOLD = {"0.6": ["_helper", "say"], "0.12": ["say"]}


@pytest.fixture(scope="module")
def tool(server):
    return create_plugin(server.admin, TOOLS, source=SOURCE)


def test_specs_are_told_to_the_letter(server, tool):
    """Names, types, defaults, descriptions and required parameters are exactly those of the generation."""
    assert read_json(server.admin.get(TOOLS.url(tool["id"])))["specs"] == SPECS[server.generation]


def test_parameters_keep_their_order(server, tool):
    """Parameters come in the order of the signature, functions in that of the alphabet."""
    specs = read_json(server.admin.get(TOOLS.url(tool["id"])))["specs"]
    add = next(one for one in specs if one["name"] == "add")
    order = ["x", "y", "name", "flag", "maybe", "tags", "mode", "untyped"]
    assert list(add["parameters"]["properties"]) == order
    assert [one["name"] for one in specs] == sorted(one["name"] for one in specs)


def test_listings_tell_the_same_specs(server, tool):
    """A listing that carries specs carries the stored ones."""
    for listing in WITH_SPECS[server.generation]:
        row = find(read_json(server.admin.get(f"{TOOLS.path}{listing}")), tool["id"])
        assert row["specs"] == SPECS[server.generation]


def test_an_update_makes_new_specs(server):
    """Specs follow the source, and specs in the form are not looked at."""
    tool_id = create_plugin(server.admin, TOOLS)["id"]
    form = TOOLS.form(tool_id, "class Tools:\n    def other(self):\n        'Do other.'\n", specs=[{"made": "up"}])
    updated = read_json(server.admin.post(TOOLS.url(tool_id, "/update"), json=form))
    parameters = {"properties": {}, "type": "object"}
    assert updated["specs"] == [{"name": "other", "description": "Do other.", "parameters": parameters}]


def test_helpers_with_one_underscore_reach_the_model_on_0_6(server):
    """0.12 hides every name that begins with an underscore, 0.6 only those that begin with two."""
    source = TOOLS.source + "\n    def _helper(self):\n        pass\n\n    def __secret__(self):\n        pass\n"
    tool_id = create_plugin(server.admin, TOOLS, source=source)["id"]
    specs = read_json(server.admin.get(TOOLS.url(tool_id)))["specs"]
    assert [one["name"] for one in specs] == HELPERS_TOLD[server.generation]


def test_a_tool_without_functions_is_a_tool(server):
    """An empty class is stored with no specs."""
    tool_id = create_plugin(server.admin, TOOLS, source="class Tools:\n    pass\n")["id"]
    assert read_json(server.admin.get(TOOLS.url(tool_id)))["specs"] == []
