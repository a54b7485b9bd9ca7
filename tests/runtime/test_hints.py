"""What annotations mean to the methods of a tool: what `typing.get_type_hints` says, with each text compiled once."""

from __future__ import annotations

import functools
import sys
import types
import typing

import pytest

from cochat_devkit.runtime.specs import resolve_hints

HERE = """
from __future__ import annotations
from functools import wraps
from typing import Annotated, Optional


class Place: ...


def passing_on(method):
    @wraps(method)
    def wrapper(self, *args, **kwargs):
        return method(self, *args, **kwargs)
    return wrapper


class Base:
    def find(self, place: Place, text: str = "", other: Optional[Place] = None) -> None: ...
    def again(self, other: Place, count: int, text: str) -> str: ...
    def noted(self, place: Annotated[Place, "where"], nothing: None) -> Place: ...
    @passing_on
    def wrapped(self, place: Place) -> str: ...
    @staticmethod
    def static(place: Place) -> str: ...
    @classmethod
    def of_class(cls, place: Place) -> str: ...
"""
ELSEWHERE = """
from __future__ import annotations
from elsewhere import Base


class Place: ...


class Tools(Base):
    def mine(self, place: Place, text: str) -> Place: ...
    def bare(self): ...


def mixed(self, place: "Place", text: str): ...


mixed.__annotations__["text"] = str
Tools.mixed = mixed
"""


@pytest.fixture
def tools(monkeypatch):
    """A tool whose methods see two modules, each with a class of the same name."""
    for name, source in (("elsewhere", HERE), ("here", ELSEWHERE)):
        module = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
    return module.Tools()


def test_each_method_means_what_its_module_says(tools):
    """In whatever order they are asked, and with the objects that are no plain methods among them."""
    names = [each for each in dir(tools) if not each.startswith("_")]
    for order in (names, names[::-1], names * 2):
        known = {}
        for name in order:
            method = getattr(tools, name)
            assert resolve_hints(method, known) == typing.get_type_hints(method), name
    part = functools.partial(tools.find, 1)
    part.__annotations__ = {"text": "str"}
    assert resolve_hints(part, {}) == typing.get_type_hints(part)


def test_a_text_that_means_nothing_fails_as_it_does(tools):
    """The exception is that of `typing`, also where the method before it was fine."""
    known = {}
    resolve_hints(tools.mine, known)
    type(tools).mine.__annotations__["more"] = "Nowhere"
    with pytest.raises(NameError, match="Nowhere"):
        resolve_hints(tools.mine, known)
    type(tools).bare.__annotations__["place"] = "Place"
    assert resolve_hints(tools.bare, known)["place"] is not typing.get_type_hints(tools.find)["place"]
