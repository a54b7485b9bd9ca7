"""`cochat specs`: what a server stores of a tool, what its model is given, and what an edit moves in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cochat_devkit.operations.serve import running_server
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOOL = '''class Tools:
    def forecast(self, city: str, days: int = None) -> str:
        """
        Tell the weather.

        :param city: where
        """
        return city
'''


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Push a tool to a local server of 0.12, and pull it."""
    with running_server(flavor="owui-0.12") as server:
        desk = make_desk(tmp_path / "desk", server.url, server.token)
        desk.path("plugins/tools").mkdir(parents=True, exist_ok=True)
        desk.path("plugins/tools/weather.py").write_text(TOOL)
        desk.json("push", "--no-verify", "tool/weather")
        desk.json("pull", "tool/weather")
        yield desk


def test_both_sorts_of_specs_are_shown(desk: Desk) -> None:
    """The stored description is clean, the model's is the docstring; parameters are the same, and nothing moved."""
    told = desk.json("specs", "tool/weather").json
    (stored,), (model,) = told["stored"], told["model"]
    assert (stored["description"], model["description"]) == (
        "Tell the weather.",
        "\n        Tell the weather.\n\n        ",
    )
    assert stored["parameters"] == model["parameters"]
    assert told["moved"] == []
    assert told["pulled"] == told["stored"]


def test_an_edit_shows_what_it_moves_for_the_model(desk: Desk) -> None:
    """I rename a parameter and read the lines that the server will store in place of others."""
    desk.edit("plugins/tools/weather.py", "days", "hours")
    moved = desk.json("specs", "tool/weather").json["moved"]
    assert '-        "days": {' in moved
    assert '+        "hours": {' in moved
    assert '-        "days": {' in desk.cochat("specs", "tool/weather", "--stored").out


def test_the_generations_differ(desk: Desk) -> None:
    """0.6 keeps a default of null that 0.12 drops."""
    newer = desk.json("specs", "tool/weather").json["stored"][0]["parameters"]["properties"]["days"]
    older = desk.json("specs", "tool/weather", "--target-version", "0.6").json["stored"][0]["parameters"]
    assert newer == {"type": "integer"}
    assert older["properties"]["days"] == {"type": "integer", "default": None}


@pytest.mark.parametrize(
    ("edit", "ref", "exit_code", "said"),
    [
        ("", "filter/*", 2, "is not one tool"),
        ("(", "tool/weather", 1, "plugins/tools/weather.py:1: SyntaxError"),
    ],
)
def test_what_has_no_specs_is_one_sentence(desk: Desk, edit: str, ref: str, exit_code: int, said: str) -> None:
    """I read what is wrong, and where."""
    desk.edit("plugins/tools/weather.py", "class Tools:", f"class Tools{edit}:")
    assert said in desk.cochat("specs", ref, expected=exit_code).err


def test_a_tool_without_its_packages_is_described_where_i_ask_for_it(desk: Desk) -> None:
    """I read the specs of a tool whose packages I do not want, and what stood in for them."""
    desk.edit("plugins/tools/weather.py", "class Tools", "from nowhere.at_all import Client\n\n\nclass Tools")
    desk.cochat("specs", "tool/weather", expected=1)
    told = desk.json("specs", "tool/weather", "--stand-ins").json
    assert [each["name"] for each in told["stored"]] == ["forecast"]
    assert told["stood_in"] == ["nowhere"]
    assert "missing here: nowhere" in desk.cochat("specs", "tool/weather", "--stand-ins").err
