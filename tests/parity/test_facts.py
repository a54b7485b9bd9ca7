"""The facts that are shipped are what the published packages say, and no more."""

from __future__ import annotations

import ast
import json

import pytest

from cochat_devkit import facts
from tests.contract.real.prepare import is_ready
from tests.parity.make_facts import LONGEST_WORD, package_folder, read_names, read_package, read_state, render

SOURCE = """
import os
import a.b
import a.b as c
from x import y as z
from . import sibling
from q import *
LIMIT = 3
PROMPT = "a sentence that is somebody's"
FLAG = os.environ.get("FLAG", "True").lower() == "true"
Users = UsersTable()
People = Users
SAVED = PersistentConfig("SAVED", "some.place", int(os.environ.get("SAVED", "3")))
app = FastAPI()
app.state.config = AppConfig()
if LIMIT:
    app.state.config.SAVED = SAVED
app.state.COUNT = None
def start(): app.state.LATER = 3
if LIMIT:
    def early(self, a: int = 1, *, b: str = "two words here") -> None: ...
else:
    async def late(): yield 1
class UsersTable(Base):
    name: str = ""
    tags: list = Field(default_factory=list, exclude=True, description="what somebody wrote")
    told: str = Field("a sentence that is somebody's", min_length=1)
    needed: str = Field(...)
    listed: list = Field(default_factory=lambda: [1])
    model_config = ConfigDict(extra="allow")
    @staticmethod
    async def get(self): ...
"""


@pytest.mark.parametrize("version", facts.VERSIONS.values())
def test_the_facts_are_those_of_the_package(version):
    """Whoever wonders makes them again: every name, signature and setting comes out the same."""
    if not is_ready(version):
        pytest.skip(f"open-webui {version} is not installed: make contract installs it")
    assert render(version, read_package(package_folder(version))) == facts.path_of(version).read_text(encoding="utf-8")


def test_what_is_read_of_a_module():
    """Names, colours, signatures and settings; of texts nothing but short words."""
    found = read_names(ast.parse(SOURCE).body, "pkg")
    assert found["a"] == {"is": "module", "of": "a"}
    assert found["c"] == {"is": "module", "of": "a.b"}
    assert found["z"] == {"is": "name", "of": "x", "name": "y"}
    assert found["sibling"] == {"is": "name", "of": "pkg", "name": "sibling"}
    assert found["*"] == {"is": "name", "of": "q", "name": "*"}
    assert found["LIMIT"] == {"is": "value", "literal": "3"}
    assert found["PROMPT"] == {"is": "value"}
    assert found["FLAG"] == {"is": "value", "setting": "FLAG", "literal": "'True'", "read_as": "bool"}
    assert found["Users"] == {"is": "value", "made": "UsersTable"}
    assert found["People"] == {"is": "value", "named": "Users"}
    saved = {"setting": "SAVED", "literal": "'3'", "read_as": "int"}
    assert found["SAVED"] == {"is": "value", "made": "PersistentConfig", "of": ["'SAVED'", "'some.place'"], **saved}
    assert read_state(ast.parse(SOURCE).body, "app") == {
        "state": {
            "config": {"is": "value", "made": "AppConfig"},
            "COUNT": {"is": "value", "literal": "None"},
            "LATER": {"is": "value"},
        },
        "config": {"SAVED": {"is": "value", "named": "SAVED"}},
    }
    assert found["early"] == {"is": "function", "takes": "self, a: int=1, *, b: str=..."}
    assert found["late"] == {"is": "function", "takes": "", "async": True, "yields": True}
    assert found["UsersTable"] == {
        "is": "class",
        "bases": ["Base"],
        "members": {
            "name": {"is": "field", "type": "str", "default": "''"},
            "tags": {"is": "field", "type": "list", "with": {"default_factory": "list", "exclude": "True"}},
            "told": {"is": "field", "type": "str", "with": {"default": "...", "min_length": "1"}},
            "needed": {"is": "field", "type": "str", "with": {}},
            "listed": {"is": "field", "type": "list", "with": {"default": "..."}},
            "model_config": {"is": "value", "made": "ConfigDict", "with": {"extra": "'allow'"}},
            "get": {"is": "function", "takes": "self", "async": True, "by": ["staticmethod"]},
        },
    }


def test_no_text_of_somebody_else_is_shipped():
    """Sentences stay in the packages: what stands in the facts are names, types and single words."""
    for version in facts.VERSIONS.values():
        for text in _literals(json.loads(facts.path_of(version).read_text(encoding="utf-8"))):
            value = text if text.isidentifier() else ast.literal_eval(text)
            assert not isinstance(value, str) or (len(value) <= LONGEST_WORD and not any(map(str.isspace, value)))


def _literals(node):
    if isinstance(node, dict):
        for name, each in node.items():
            if name in ("literal", "default") and isinstance(each, str):
                yield each
            elif name == "with":
                yield from each.values()
            else:
                yield from _literals(each)
