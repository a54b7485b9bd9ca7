"""`cochat install`: what plugins ask for is installed where I agree, and whatever loads plugins has it."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

import pytest

from cochat_devkit.config import read_config
from cochat_devkit.kinds.plugin_source import split_requirements
from cochat_devkit.operations.packages import environment
from tests.desk import Desk, make_desk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.desk import Done

PACKAGE = "cochat-sample-greetings"
TOOL = f'''"""
title: Greeter
requirements: {PACKAGE}>=1.0, pydantic
"""
import sample_greetings


class Tools:
    def greet(self) -> str:
        """Greet."""
        return sample_greetings.HELLO
'''
TEST = """
import sample_greetings

def test_it():
    assert sample_greetings.HELLO == "hello"
"""
PATH = "plugins/tools/greeter.py"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Make a desk with a tool that needs a package, and a folder that has it: nothing is asked of the network."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    _make_wheel(wheels)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    desk = make_desk(tmp_path / "desk", "http://127.0.0.1:9", "t")
    desk.path(PATH).parent.mkdir(parents=True, exist_ok=True)
    desk.path(PATH).write_text(TOOL)
    test = desk.path("plugins/tests/tools/test_greeter.py")
    test.parent.mkdir(parents=True)
    test.write_text(TEST)
    return desk


def _make_wheel(folder: Path) -> None:
    name, info = PACKAGE.replace("-", "_"), f"{PACKAGE.replace('-', '_')}-1.2.dist-info"
    files = {
        "sample_greetings.py": "HELLO = 'hello'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.2\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(folder / f"{name}-1.2-py3-none-any.whl", "w") as wheel:
        for each, text in files.items():
            wheel.writestr(each, text)


def hint_of(done: Done) -> str:
    """Take the hint of the finding about the missing module."""
    told = done.json
    found = (
        [each["hint"] for each in told["findings"] if "sample_greetings" in each["message"]]
        if "findings" in told
        else []
    )
    return str(found[0] if found else told["error"]["hint"])


def test_what_is_missing_is_said_and_installed_once_i_agree(desk: Desk) -> None:
    """I read what is missing and what to type; once I typed it, check, run, specs and test have the package."""
    wanted = f"name its package in `requirements`, as the server needs it, too; then: cochat install {PATH}"
    assert hint_of(desk.json("check")) == wanted
    for words in (("run", "tool/greeter", "greet"), ("specs", "tool/greeter")):
        told = desk.json(*words, expected=1).json["error"]
        assert told["message"] == f"{PATH}:5: there is no module sample_greetings here"
        assert told["hint"].endswith(f"cochat install {PATH}")
    assert hint_of(desk.json("test", expected=1)) == "cochat install"
    told = desk.json("install", expected=2).json["error"]
    assert told["message"] == "nothing was installed: nobody is there to ask"
    before = desk.files()
    said = desk.cochat("install", "--yes", "tool/greeter")
    assert said.out == f"installed: {PACKAGE}>=1.0\n"
    assert f"{PACKAGE}>=1.0" in said.err
    assert "pydantic" not in said.err, "what is here already is not installed"
    assert desk.files() == before, "nothing of it goes into git"
    assert desk.json("check").json["findings"] == []
    assert desk.cochat("run", "tool/greeter", "greet").out == "hello\n"
    assert desk.json("test").json["counts"]["passed"] == 1
    desk.cochat("specs", "tool/greeter")
    assert desk.cochat("install", "--yes").out == "nothing is missing\n"
    # another version is asked for
    desk.edit(PATH, ">=1.0", ">=2.0")
    told = desk.json("install", "--yes", expected=1).json["error"]
    assert told["message"].startswith("pip could not install what was asked for: No matching distribution found for")
    assert desk.cochat("run", "tool/greeter", "greet").out == "hello\n", "what was there stays"
    shutil.rmtree(environment(read_config(desk.folder)).folder)
    desk.json("run", "tool/greeter", "greet", expected=1)


def test_i_see_what_would_be_installed_and_for_whom(desk: Desk) -> None:
    """Before anything is installed I see each requirement, whether it is met, and the plugins that name it."""
    desk.path("plugins/tools/other.py").write_text(f'"""\nrequirements: {PACKAGE}>=1.0\n"""\nclass Tools: ...\n')
    told = desk.json("install", "--list").json
    assert told["counts"] == {"wanted": 2, "missing": 1}
    assert told["items"] == [
        {"requirement": f"{PACKAGE}>=1.0", "refs": ["tool/greeter", "tool/other"], "was_met": False},
        {"requirement": "pydantic", "refs": ["tool/greeter"], "was_met": True},
    ]
    assert not environment(read_config(desk.folder)).folder.exists()


def test_an_option_of_pip_is_no_package(desk: Desk) -> None:
    """A plugin cannot tell pip where to look."""
    desk.edit(PATH, f"{PACKAGE}>=1.0", "--index-url=http://127.0.0.1:9")
    told = desk.json("install", "--yes", expected=2).json["error"]
    assert told["message"] == (
        "tool/greeter asks for '--index-url=http://127.0.0.1:9', which is an option of pip and no package"
    )
    assert not environment(read_config(desk.folder)).folder.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("a", ["a"]),
        (" a ,, b==1 ", ["a", "b==1"]),
        ("x[a,b], pydantic>=2,<3", ["x[a", "b]", "pydantic>=2", "<3"]),
    ],
)
def test_requirements_are_split_as_on_the_server(text: str, words: list[str]) -> None:
    """What the server tears apart is torn apart here, too."""
    assert split_requirements(text) == words
