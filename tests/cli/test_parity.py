"""`cochat parity`: what a record of a real server says of a plugin is held beside what the plugin does here."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

TOOL = '''"""
title: Weather
"""
from open_webui.models.users import Users


class Tools:
    def forecast(self, city: str, __user__: dict = {}) -> str:
        """
        Tell the weather.

        :param city: where
        """
        return city
'''
FILTER = """class Filter:
    class Valves:
        priority = 3

    def __init__(self):
        self.toggle = True
        self.icon = "data:image/svg+xml;base64,AAAA"

    async def inlet(self, body, __user__=None):
        return body
"""
BROKEN = "\nfrom open_webui.internal.db import get_db_context\n"
SPEC = {
    "name": "forecast",
    "parameters": {
        "type": "object",
        "required": ["city"],
        "properties": {"city": {"type": "string", "description": "where"}},
    },
}
PARAMS = {"is_asyncgenfunction": False, "is_coroutinefunction": False, "params": ["city", "__user__"]}
RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "weather": (
        TOOL,
        {
            "kind": "tool",
            "load": {"as": "tool", "outcome": "ok"},
            "type": "tool",
            "frontmatter": {"title": "Weather"},
            "content_sha256": hashlib.sha256(TOOL.encode()).hexdigest(),
            "specs": [{**SPEC, "description": "Tell the weather."}],
            "specs_model_facing": [{**SPEC, "description": "\n        Tell the weather.\n\n        "}],
            "tool_functions": ["forecast"],
            "tool_handlers": {"forecast": PARAMS},
            "priority": None,
        },
    ),
    "switch": (
        FILTER,
        {
            "kind": "filter",
            "load": {"as": "function", "outcome": "ok"},
            "type": "filter",
            "frontmatter": {},
            "handlers": {
                "inlet": {
                    "callable": True,
                    "is_asyncgenfunction": False,
                    "is_coroutinefunction": True,
                    "is_generatorfunction": False,
                    "params": ["body", "__user__"],
                }
            },
            "has_user_valves": False,
            "toggle": True,
            "priority": 3,
            "icon": {"head": "data:image", "len": 30, "sha256": "0" * 64},
            "valves_schema_error": {"exc": "AttributeError"},
        },
    ),
    "broken": (
        BROKEN,
        {
            "kind": "tool",
            "load": {
                "as": "tool",
                "outcome": "error",
                "exc": "ImportError",
                "lineno": 2,
                "name": "open_webui.internal.db",
            },
        },
    ),
}
ICON = hashlib.sha256(b"data:image/svg+xml;base64,AAAA").hexdigest()
RECORDS["switch"][1]["icon"]["sha256"] = ICON


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Lay the plugins into a folder, whatever their files are called."""
    folder = tmp_path / "collected" / "deeper"
    folder.mkdir(parents=True)
    for number, (source, _record) in enumerate(RECORDS.values()):
        (folder / f"{number}.txt").write_text(source)
    return tmp_path


def compare(place: Path, records: list[dict[str, Any]], expected: int) -> dict[str, Any]:
    """Run the command over some records, and read what it says of each."""
    golden = place / "golden.jsonl"
    golden.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    done = Desk(place).json("parity", "--golden", "golden.jsonl", "--sources", "collected", expected=expected)
    return {each["ref"].partition("/")[2]: each for each in done.json["items"]}


def record_of(name: str, **changes: Any) -> dict[str, Any]:
    """Make a record, true but for the changes."""
    source, record = RECORDS[name]
    return {"id": name, "sha256": hashlib.sha256(source.encode()).hexdigest(), **record, **changes}


def test_a_true_record_is_the_same_here(place: Path) -> None:
    """Specs, hooks, valves, icon, priority and the failure of a broken one: all as the server said."""
    told = compare(place, [record_of(name) for name in RECORDS], 0)
    assert {name: each["action"] for name, each in told.items()} == dict.fromkeys(RECORDS, "same")


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("weather", {"frontmatter": {"title": "Other"}}, "frontmatter.title"),
        ("weather", {"content_sha256": "0"}, "content_sha256"),
        ("weather", {"specs": []}, "specs"),
        ("weather", {"specs_model_facing": [{**SPEC, "description": "x"}]}, "specs_model_facing[0].description"),
        ("weather", {"tool_functions": ["other"]}, "tool_functions[0]"),
        ("weather", {"tool_handlers": {}}, "tool_handlers.forecast"),
        ("weather", {"load": {"as": "tool", "outcome": "error", "exc": "X"}}, "exc"),
        ("switch", {"toggle": False}, "toggle"),
        ("switch", {"toggle": 1}, "toggle"),
        ("switch", {"priority": 0}, "priority"),
        ("switch", {"has_user_valves": True}, "has_user_valves"),
        ("switch", {"handlers": {}}, "handlers.inlet"),
        ("switch", {"icon": {"head": "data:image", "len": 31, "sha256": ICON}}, "icon.len"),
        ("switch", {"valves_schema": {}, "valves_schema_error": None}, None),
        ("broken", {"load": {"outcome": "error", "exc": "ImportError", "lineno": 3}}, "load.lineno"),
        ("broken", {"load": {"outcome": "ok"}, "type": "tool"}, "load.exc"),
    ],
)
def test_each_difference_is_named(place: Path, name: str, changes: dict[str, Any], path: str | None) -> None:
    """One wrong word in a record, and the command says where, and exits 1."""
    told = compare(place, [record_of(name, **changes)], 0 if path is None else 1)[name]
    paths = [line.partition(": ")[0] for line in told["changes"]]
    assert (path is None and not paths) or path in paths


def test_what_a_record_calls_volatile_is_not_compared(place: Path) -> None:
    """A path that moves from run to run is left out, and what is below it."""
    wrong = record_of("weather", specs_model_facing=[{**SPEC, "description": "x"}], volatile=["specs_model_facing"])
    assert compare(place, [wrong], 0)["weather"]["action"] == "same"


def test_what_cannot_be_compared_is_said(place: Path) -> None:
    """A source that is not there is no success; a record that needed the network is left out."""
    away = record_of("weather", sha256="0" * 64)
    online = record_of("broken", load={"outcome": "error", "cause": "network_at_load", "exc": "X"})
    told = compare(place, [away, online], 1)
    assert {name: each["action"] for name, each in told.items()} == {"weather": "missing", "broken": "skip"}


@pytest.mark.parametrize(("text", "said"), [("", "holds no records"), ("{}\n", "holds no records"), ("x", "cannot be")])
def test_a_file_without_records_is_one_sentence(place: Path, text: str, said: str) -> None:
    """I read what is wrong with the file that I gave."""
    (place / "golden.jsonl").write_text(text)
    assert said in Desk(place).cochat("parity", "--golden", "golden.jsonl", "--sources", ".", expected=2).err
