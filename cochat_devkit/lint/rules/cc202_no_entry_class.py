"""A plugin without the class that the server looks for.

A tool has a class named `Tools`; a function has one named `Pipe`, `Filter` or `Action`, and on the 0.12 generation
`Event`. The name must be exactly that.

    class Tool:
        def forecast(self, city: str): ...

Rename the class to `Tools`. A class that belongs into another folder is CC203.
"""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from cochat_devkit.lint.rule import Example, Hit, Rule, Subject
from cochat_devkit.plugin import LoadFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

_WANTED = {"tool": ("Tools",), "function": ("Pipe", "Filter", "Action", "Event")}
_KNOWN_TO_0_6 = ("Tools", "Pipe", "Filter", "Action")


def check(subject: Subject) -> Iterator[Hit]:
    """Tell what is missing, and name the class that looks like it."""
    told = subject.told
    if not isinstance(told, LoadFailure) or told.exception != "NoEntryClass" or _belongs_elsewhere(subject):
        return
    wanted = _WANTED[subject.file.kind]
    if subject.generation == "0.6":
        wanted = tuple(name for name in wanted if name in _KNOWN_TO_0_6)
    classes = {name: node for name, node in subject.top_level_names() if isinstance(node, ast.ClassDef)}
    if "Event" in classes and "Event" not in wanted:
        yield Hit("servers of the 0.6 generation know no Event", line=classes["Event"].lineno)
        return
    message = f"has no class named {' or '.join(wanted)}"
    by_lower = {name.lower(): name for name in classes}
    for each in wanted:
        if close := difflib.get_close_matches(each.lower(), by_lower, n=1, cutoff=0.7):
            name = by_lower[close[0]]
            yield Hit(f"{message}; did you mean {name}?", classes[name].lineno, hint=f"rename {name} to {each}")
            return
    yield Hit(message)


def _belongs_elsewhere(subject: Subject) -> bool:
    others = {name for kind, names in _WANTED.items() if kind != subject.file.kind for name in names}
    return any(name in others and isinstance(node, ast.ClassDef) for name, node in subject.top_level_names())


RULE = Rule(
    "CC202",
    "no entry class",
    check,
    valid=(
        Example("class Tools: ...\n"),
        Example("from json import JSONDecoder as Tools\n"),
        Example("class Event: ...\n", type="event"),
        Example("class Filter: ...\n"),
    ),
    invalid=(
        Example("x = 1\nclass Tool: ...\n", line=2),
        Example("class tools: ...\n"),
        Example("class MyFilter: ...\n\n\nclass Filters: ...\n", type="filter", line=4),
        Example("", type="pipe"),
        Example("class Something: ...\n", type="action"),
    ),
)
