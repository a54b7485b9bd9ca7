"""Named tuples as `typing` makes them, in a fraction of the time."""

from __future__ import annotations

from collections import namedtuple
from typing import TYPE_CHECKING

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from functools import cache
    from types import FunctionType

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
            made = _make(name, (*types,), (*defaults.values(),), space["__module__"])
            made.__annotations__ = made.__new__.__annotations__ = types
            for key in space.keys() - types.keys() - _TAKEN:
                if key in made.__dict__ and key not in _SAID:
                    raise AttributeError(f"{name}.{key} is a named tuple's own")
                setattr(made, key, space[key])
            return made

    def _make(name, fields, defaults, module):
        """Make what `namedtuple` makes, out of one that it made: it compiles the constructor of each anew."""
        if hidden := [field for field in fields if field.startswith("_")]:
            raise ValueError(f"{name}.{hidden[0]}: a field begins with no underscore")
        pattern = _pattern(len(fields))
        new = pattern.__new__
        code = new.__code__.replace(co_varnames=("_cls", *fields), co_qualname=f"{name}.__new__")
        form = f"({', '.join(f'{field}=%r' for field in fields)})"
        space = {
            **{key: each for key, each in pattern.__dict__.items() if key not in pattern._fields},
            **{field: pattern.__dict__[key] for field, key in zip(fields, pattern._fields, strict=True)},
            "__doc__": f"{name}({', '.join(fields)})",
            "__match_args__": fields,
            "__module__": module,
            "__new__": FunctionType(code, new.__globals__, "__new__", defaults),
            "__repr__": lambda self: f"{type(self).__name__}{form % self}",
            "_field_defaults": dict(zip(fields[len(fields) - len(defaults) :], defaults, strict=True)),
            "_fields": fields,
            # Python 3.13 has it by a second name
            **{key: _replace for key in ("_replace", "__replace__") if key in pattern.__dict__},
        }
        return type(name, (tuple,), space)

    def _replace(self, /, **kwds):
        """Make one with new values of the fields that are named."""
        made = tuple.__new__(type(self), map(kwds.pop, self._fields, self))
        if kwds:
            raise ValueError(f"{type(self).__name__} has no fields {[*kwds]}")
        return made

    @cache
    def _pattern(length):
        """Make a named tuple of so many fields, whatever they are called."""
        return namedtuple("_Pattern", [f"field{number}" for number in range(length)])

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {"__slots__": ()})
