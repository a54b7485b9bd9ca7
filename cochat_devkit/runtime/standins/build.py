"""How one name of a module is made from what the facts say of it."""

from __future__ import annotations

import ast
import enum
import importlib
import logging
import os
import types
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins.library import maker_of, play_of, validators_of
from cochat_devkit.runtime.standins.playing import coloured
from cochat_devkit.runtime.standins.refusing import Refusing, refusing_function
from cochat_devkit.runtime.standins.saved import PersistentConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.resource import Json

#: what the classes of the server's tables are derived from
_TABLE = "Base"
#: how the text of a setting is read
_READ_AS: dict[str, Callable[[Any], Any]] = {
    "": lambda text: text,
    "bool": lambda text: str(text).lower() == "true",
    "int": int,
    "float": float,
}
#: what stands over a method
_WRAPPED: dict[str, Callable[[Any], Any]] = {
    "property": property,
    "staticmethod": staticmethod,
    "classmethod": classmethod,
}
_UNKNOWN = object()


def build(module: types.ModuleType, name: str, entry: Json) -> Any:
    """Make one name: what the library has, and otherwise what the facts say.

    Raises:
        AttributeError: it comes from a module of the server's that does not have it.
    """
    if maker := maker_of(module.__name__, name):
        return maker(module)
    return _BUILDERS[entry["is"]](module, f"{module.__name__}.{name}", entry)


def _build_module(_module: types.ModuleType, full: str, entry: Json) -> Any:
    return _import(entry["of"], full)


def _build_name(module: types.ModuleType, full: str, entry: Json) -> Any:
    if entry["of"] == module.__name__:
        # a package that imports a module of its own
        return _import(f"{entry['of']}.{entry['name']}", full)
    place = _import(entry["of"], full)
    try:
        return getattr(place, entry["name"])
    except AttributeError:
        return _import(f"{entry['of']}.{entry['name']}", full)


def _import(name: str, full: str) -> Any:
    """Import what the server's module imports; a package that is not installed here refuses when it is used."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return Refusing(full)


def _build_function(module: types.ModuleType, full: str, entry: Json) -> Any:
    name = full.removeprefix(f"{module.__name__}.")
    if play := play_of(module.__name__, name):
        return coloured(module.__name__, name, entry, play)
    return refusing_function(full, is_async="async" in entry, yields="yields" in entry)


def _build_value(module: types.ModuleType, full: str, entry: Json) -> Any:
    other = module.__dict__["_facts"].get(entry.get("named"))
    # of two that name each other, nobody knows what they are
    if other is not None and "named" not in other:
        return getattr(module, entry["named"])
    made = entry.get("made", "")
    if made in _MADE:
        return _MADE[made](full, entry)
    if (value := _read_value(entry)) is not _UNKNOWN:
        return value
    about = module.__dict__["_facts"].get(made.partition(".")[0], {})
    # what a value makes, nobody knows; what a class makes is one of it
    kind = None if about.get("is") == "value" else _look_up(module, made)
    return object.__new__(kind) if isinstance(kind, type) and kind.__module__ == module.__name__ else Refusing(full)


def _read_value(entry: Json) -> Any:
    """Read a literal, or a setting from the environment as the server does where none is saved; else `_UNKNOWN`."""
    if "setting" in entry:
        found = os.environ.get(entry["setting"], ast.literal_eval(entry["literal"]))
        return _READ_AS[entry.get("read_as", "")](found)
    return ast.literal_eval(entry["literal"]) if "literal" in entry else _UNKNOWN


def _build_saved(full: str, entry: Json) -> Any:
    """Make a setting of 0.6's, which keeps its value beside its name and its place."""
    value = _read_value(entry)
    name, place = map(ast.literal_eval, entry["of"])
    return PersistentConfig(name, place, Refusing(f"{full}.value") if value is _UNKNOWN else value)


#: what the server makes with a call, and what is made here
_MADE: dict[str, Callable[[str, Json], Any]] = {
    "logging.getLogger": lambda full, _entry: logging.getLogger(full),
    "PersistentConfig": _build_saved,
}


def _build_class(module: types.ModuleType, full: str, entry: Json) -> type:
    # a table of the server's is there by name alone: of its columns nobody knows enough to map them
    named = (_look_up(module, each) for each in entry.get("bases", ()) if each != _TABLE)
    bases = tuple(each for each in named if isinstance(each, type))
    name = full.rpartition(".")[2]
    members: Mapping[str, Json] = entry.get("members", {})
    if any(issubclass(each, enum.Enum) for each in bases):
        values = {each: _literal(about, each) for each, about in members.items() if about["is"] in ("value", "field")}
        made = types.new_class(name, bases, exec_body=lambda space: space.update(values))
    elif _is_model(bases):
        made = _build_model(module, name, bases, full, members)
    else:
        space = {each: _build_later(module, f"{full}.{each}", about) for each, about in members.items()}
        made = types.new_class(name, bases, exec_body=lambda within: within.update(space))
    made.__module__ = module.__name__
    return made


def _literal(about: Json, name: str) -> Any:
    """Read a member of an enumeration; a sentence is not among the facts, and its name stands for it."""
    text = about.get("literal", about.get("default", "..."))
    return name if text == "..." else ast.literal_eval(text)


def _is_model(bases: tuple[type, ...]) -> bool:
    from pydantic import BaseModel

    return any(issubclass(each, BaseModel) for each in bases)


def _build_model(
    module: types.ModuleType, name: str, bases: tuple[type, ...], full: str, members: Mapping[str, Json]
) -> type:
    space: dict[str, Any] = {"__module__": module.__name__, "__annotations__": {}}
    for each, about in members.items():
        if about["is"] == "field":
            space["__annotations__"][each] = _annotation(module, about["type"])
            space |= _default_of(module, each, about)
        elif about["is"] == "function" and not {"model_validator", "field_validator"} & set(about.get("by", ())):
            space[each] = _build_member(module, f"{full}.{each}", about)
    space |= {each: check for each, check in validators_of(module.__name__, name).items() if each in members}
    # a type that means nothing here is anything, and must not be in the way
    configured = _keywords(module, members.get("model_config", {}).get("with", {}))
    space["model_config"] = {**configured, "arbitrary_types_allowed": True}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return types.new_class(name, bases, exec_body=lambda within: within.update(space))


def _default_of(module: types.ModuleType, name: str, about: Json) -> dict[str, Any]:
    """Give a field what it is made with, or its default; nothing for one that has to be given."""
    from pydantic import Field

    if "with" in about:
        return {name: Field(**_keywords(module, about["with"]))}
    if "default" in about:
        return {name: None if about["default"] == "..." else ast.literal_eval(about["default"])}
    return {}


def _keywords(module: types.ModuleType, told: Mapping[str, str]) -> dict[str, Any]:
    """Read what a field or a configuration is made with: literals, and names; what is not among the facts is None."""
    known = {each: text if text != "..." else "None" for each, text in told.items()}
    return {
        each: _look_up(module, text) if text.isidentifier() else ast.literal_eval(text) for each, text in known.items()
    }


def _annotation(module: types.ModuleType, text: str) -> Any:
    """Read the type of a field; one that means nothing here is anything."""
    try:
        found = eval(text, {"__builtins__": {}}, _Names(module))  # noqa: S307 - the text is of our own facts
    except Exception:  # noqa: BLE001 - whatever is in the way, the field is there
        return Any
    return Any if isinstance(found, Refusing) else found


class _Names(dict[str, Any]):
    """Look names up in a module that is played, and then among Python's own."""

    def __init__(self, module: types.ModuleType) -> None:
        super().__init__()
        self._module = module

    def __missing__(self, name: str) -> Any:
        import builtins

        try:
            return getattr(self._module, name)
        except AttributeError:
            pass
        try:
            return getattr(builtins, name)
        except AttributeError:
            raise KeyError(name) from None


class _Later:
    """Stand in a class for a method that is made when it is first asked for: most never are."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        setattr(self._owner, self._name, self._make())
        return getattr(owner if instance is None else instance, self._name)


def _build_later(module: types.ModuleType, full: str, about: Json) -> Any:
    if about["is"] != "function" or full.endswith("__"):
        return _build_member(module, full, about)
    return _Later(partial(_build_member, module, full, about))


def _build_member(module: types.ModuleType, full: str, about: Json) -> Any:
    if about["is"] == "field":
        text = about.get("default", "...")
        return Refusing(full) if text == "..." else ast.literal_eval(text)
    made = _BUILDERS[about["is"]](module, full, about)
    return next((_WRAPPED[each](made) for each in about.get("by", ()) if each in _WRAPPED), made)


def _look_up(module: types.ModuleType, dotted: str) -> Any:
    """Find what an expression of a module names, as far as it is a name; None where it is more."""
    found: Any = module
    for part in dotted.split("."):
        if not part.isidentifier():
            return None
        try:
            found = getattr(found, part)
        except AttributeError:
            import builtins

            found = getattr(builtins, part, None)
    return found


_BUILDERS: dict[str, Callable[[types.ModuleType, str, Json], Any]] = {
    "module": _build_module,
    "name": _build_name,
    "function": _build_function,
    "class": _build_class,
    "value": _build_value,
}
