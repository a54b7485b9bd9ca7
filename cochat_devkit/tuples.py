"""Named tuples as `typing` makes them, in less than half the time."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    #: what is taken out of the class statement in another way
    _TAKEN = frozenset({"__annotations__", "__module__"})
    #: what a named tuple has of its own, and a class statement may say
    _SAID = frozenset({"__doc__", "__qualname__"})

    class _Maker(type):
        """Make a tuple of the fields that a class statement names.

        `typing.NamedTuple` compiles every annotation that is written as a string, which all of ours are, and throws the
        result away. A command has some eighty named tuples on its way.
        """

        def __new__(cls, name, bases, space):
            if bases != (NamedTuple,):
                raise TypeError(f"{name}: a named tuple has no further bases")
            types = space.get("__annotations__", {})
            defaults = {field: space[field] for field in types if field in space}
            if [*types][len(types) - len(defaults) :] != [*defaults]:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            made = namedtuple(name, types, defaults=defaults.values(), module=space["__module__"])
            made.__annotations__ = made.__new__.__annotations__ = types
            for key in space.keys() - types.keys() - _TAKEN:
                if key in made.__dict__ and key not in _SAID:
                    raise AttributeError(f"{name}.{key} is a named tuple's own")
                setattr(made, key, space[key])
            return made

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {"__slots__": ()})
