"""A plugin whose packages are not installed can be described, where I ask for that."""

from __future__ import annotations

import pytest

from cochat_devkit.plugin import LoadFailure, LoadRequest
from cochat_devkit.runtime.child_loader import ChildLoader

SOURCE = '''
from typing import Optional

from pydantic import BaseModel, Field
import nowhere
import nowhere.deep.down as down
from elsewhere import Client, retry, SomeError
from elsewhere.types import Base

try:
    import optional_one
except ImportError:
    optional_one = None

LIMIT = nowhere.LIMIT


class Mine(Base):
    pass


class Tools:
    class Valves(BaseModel):
        client: Optional[Client] = None
        kind: Client = Field(default=None)

    def __init__(self):
        self.client = Client(down.KEY)["a"].open(Mine("x"))

    @retry(times=3)
    def search(self, query: str, limit: int = 3) -> str:
        """Search."""
        try:
            return str(self.client)
        except SomeError:
            return ""

    @retry
    def optional(self, is_there: bool = optional_one is not None) -> str:
        """Tell."""
'''


@pytest.fixture(scope="module")
def loader():
    with ChildLoader(timeout_s=5) as loader:
        yield loader


def test_a_plugin_without_its_packages_is_described(loader):
    """I see the specs of a tool whose packages I do not have, and which packages those are."""
    found = loader.load(LoadRequest("tool", "t", SOURCE, stands_in=True))
    specs = {each["name"]: each["parameters"] for each in found.specs}
    assert specs["search"]["properties"] == {"query": {"type": "string"}, "limit": {"type": "integer", "default": 3}}
    assert specs["optional"]["properties"]["is_there"]["default"] is False
    assert found.valves["properties"].keys() == {"client", "kind"}
    assert found.stood_in == ("nowhere", "elsewhere")


def test_nothing_stands_in_unasked(loader):
    """Without the wish, a package that is missing is the failure that it is on a server."""
    told = loader.load(LoadRequest("tool", "t", SOURCE))
    assert isinstance(told, LoadFailure)
    assert told.missing_module == "nowhere"


@pytest.mark.parametrize(
    ("source", "exception"),
    [
        ("from open_webui.nothing import X\nclass Tools: ...", "ModuleNotFoundError"),
        ("import nowhere\nraise ModuleNotFoundError('mine', name='nowhere')", "ModuleNotFoundError"),
        ("import nowhere\n1 / 0", "ZeroDivisionError"),
        ("import nowhere\nclass Other: ...", "NoEntryClass"),
    ],
)
def test_what_is_wrong_for_another_reason_stays_wrong(loader, source, exception):
    """A module that the server lacks, and whatever else a plugin raises, is not covered up."""
    told = loader.load(LoadRequest("tool", "t", source, stands_in=True))
    assert isinstance(told, LoadFailure)
    assert told.exception == exception
