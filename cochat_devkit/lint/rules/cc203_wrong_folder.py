"""A plugin in a folder of another sort.

The folder says what a file is; the server decides by the class it finds: `Tools` for a tool, and for a function the
first of `Pipe`, `Filter`, `Action` and `Event` that the module has, imported names included.

    plugins/filters/translate.py
        from multiprocessing import Pipe    # the server takes this filter for a pipe

        class Filter: ...

Move the file, or import the name under another one.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from cochat_devkit.kinds import all_kinds
from cochat_devkit.lint.rule import Example, Hit, Rule, Subject
from cochat_devkit.plugin import PluginFacts

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {"Tools": "tool", "Pipe": "pipe", "Filter": "filter", "Action": "action", "Event": "event"}


def check(subject: Subject) -> Iterator[Hit]:
    """Compare the folder with what the server would see."""
    found = _type_and_place(subject)
    expected = subject.file.type or subject.file.kind
    if found is None or found[0] == expected:
        return
    type_, place = found
    if place is not None and not isinstance(place, ast.ClassDef):
        name = next(name for name, each in _TYPES.items() if each == type_)
        hint = f"import {name} under another name"
    else:
        hint = f"move it to {_folder_of(type_)}/"
    yield Hit(
        f"the server takes this for a {type_}, and its folder is for {expected}s",
        line=place.lineno if place else 1,
        hint=hint,
    )


def _type_and_place(subject: Subject) -> tuple[str, ast.stmt | None] | None:
    """Tell what the plugin is: by what was loaded, or, where that failed, by the only entry class in the text."""
    names = dict(subject.top_level_names())
    if isinstance(subject.told, PluginFacts):
        type_ = subject.told.type
        return type_, next((names[name] for name in _TYPES if _TYPES[name] == type_ and name in names), None)
    classes = [name for name in _TYPES if isinstance(names.get(name), ast.ClassDef)]
    return (_TYPES[classes[0]], names[classes[0]]) if len(classes) == 1 else None


def _folder_of(type_: str) -> str:
    folders = {each: folder for kind in all_kinds() if kind.plugin for each, folder in kind.folders.items()}
    return folders.get(type_) or folders[""]


RULE = Rule(
    "CC203",
    "wrong folder",
    check,
    valid=(
        Example("class Tools: ...\n"),
        Example("class Filter: ...\n", type="filter"),
        Example("class Pipe: ...\nclass Filter: ...\n", type="pipe"),
        Example("class Something: ...\n", type="pipe"),
        Example("import not_there_at_all\nclass Action: ...\n", type="action"),
    ),
    invalid=(
        Example("class Filter: ...\n", type="pipe"),
        Example("x = 1\nclass Filter: ...\n", line=2),
        Example("x = 1\nclass Tools: ...\n", type="action", line=2),
        Example("x = 1\nfrom multiprocessing import Pipe\nclass Filter: ...\n", type="filter", line=2),
        Example("import not_there_at_all\nclass Action: ...\n", type="filter", line=2),
        Example("Pipe = object\nclass Filter: ...\n", type="filter"),
    ),
)
