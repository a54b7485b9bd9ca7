"""Named tuples of our own making: what `typing` makes, and not a word of difference."""

from __future__ import annotations

import inspect
import pickle
import typing

import pytest

from cochat_devkit.tuples import NamedTuple


class Theirs(typing.NamedTuple):
    """Hold a point."""

    x: int
    name: str = "origin"
    known: Unknown = ()  # noqa: F821 - nobody may look at an annotation

    @property
    def twice(self) -> int:
        """Double it."""
        return self.x * 2

    @classmethod
    def at(cls, x: int):
        """Make one."""
        return cls(x)

    def __str__(self) -> str:
        return f"at {self.x}"


class Ours(NamedTuple):
    """Hold a point."""

    x: int
    name: str = "origin"
    known: Unknown = ()  # noqa: F821 - nobody may look at an annotation

    @property
    def twice(self) -> int:
        """Double it."""
        return self.x * 2

    @classmethod
    def at(cls, x: int):
        """Make one."""
        return cls(x)

    def __str__(self) -> str:
        return f"at {self.x}"


def test_it_is_what_typing_makes():
    """Whoever writes one need not know which of the two it is."""
    assert Ours.__mro__[1:] == Theirs.__mro__[1:]
    assert {*Ours.__dict__} - {"__orig_bases__"} == {*Theirs.__dict__} - {"__orig_bases__"}
    for name in ("_fields", "_field_defaults", "__doc__", "__module__", "__match_args__", "__slots__"):
        assert getattr(Ours, name) == getattr(Theirs, name)
    assert Ours.__qualname__ == "Ours"
    assert [*inspect.signature(Ours).parameters] == [*inspect.signature(Theirs).parameters]
    assert Ours.__annotations__ == {"x": "int", "name": "str", "known": "Unknown"}
    ours, theirs = Ours.at(3), Theirs.at(3)
    assert ours == theirs == (3, "origin", ())
    assert (str(ours), ours.twice, ours._asdict()) == (str(theirs), theirs.twice, theirs._asdict())
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert type(ours._replace(x=4)) is Ours
    assert pickle.loads(pickle.dumps(ours)) == ours
    with pytest.raises(TypeError):
        Ours()


def test_what_typing_refuses_is_refused():
    """A mistake is told where it is made."""
    with pytest.raises(TypeError, match="follows"):

        class _Turned(NamedTuple):
            x: int = 0
            y: int

    with pytest.raises(AttributeError, match="_replace"):

        class _Own(NamedTuple):
            x: int

            def _replace(self) -> None:
                pass

    with pytest.raises(TypeError, match="bases"):

        class _Two(NamedTuple, dict):
            x: int

    with pytest.raises(ValueError, match="underscore"):

        class _Hidden(NamedTuple):
            _x: int
