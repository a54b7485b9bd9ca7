"""What a shell offers behind the words that were typed: read offline from files and mirror, and never run.

What cannot be read offers nothing: a completion has nobody to tell why.
"""

from __future__ import annotations

import ast
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from cochat_devkit.config import read_config
from cochat_devkit.errors import DevkitError
from cochat_devkit.operations.ls import ls, show
from cochat_devkit.operations.session import select
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: the classes that servers look for in a plugin
_PLUGIN_CLASSES = ("Tools", "Filter", "Pipe", "Action", "Event")
#: a hook that is given its payload may be given the message's text alone
_PAYLOAD, _TEXT = "body", "text"


class Offered(NamedTuple):
    """Hold a method or hook that can be called, and what a caller gives it."""

    name: str
    arguments: tuple[str, ...]


def refs_known() -> list[str]:
    """List every address."""
    with suppress(DevkitError):
        return [line.ref for line in ls(read_config(), select(), target=None, with_stamps=False)]
    return []


def states_known() -> list[str]:
    """List the words that the states of the resources have here, each once."""
    with suppress(DevkitError):
        listed = ls(read_config(), select(), target=None, with_stamps=False)
        return sorted({word.strip(",") for line in listed for word in line.state.split()})
    return []


def targets_known() -> list[str]:
    """List the targets of `cochat.toml`, in its order."""
    with suppress(DevkitError):
        return [*read_config().targets]
    return []


def files_known(ref: str) -> list[str]:
    """List the further files of a resource."""
    from cochat_devkit.operations.attached import list_files

    with suppress(DevkitError):
        config = read_config()
        return [each.name for each in list_files(config, show(config, ref, target=None))]
    return []


def valves_named(ref: str) -> list[str]:
    """List the valves that the source of a plugin in the workspace names."""
    parsed = _parsed(ref)
    classes = [node for node in ast.walk(parsed) if isinstance(node, ast.ClassDef) and node.name.endswith("Valves")]
    fields = [node for each in classes for node in each.body if isinstance(node, ast.AnnAssign)]
    return [node.target.id for node in fields if isinstance(node.target, ast.Name)]


def callables_of(word: str) -> list[Offered]:
    """List the methods and hooks that the source of a plugin has, which a path or an address names."""
    classes = [each for each in _parsed(word).body if isinstance(each, ast.ClassDef) and each.name in _PLUGIN_CLASSES]
    return [
        Offered(each.name, (*_arguments(each),))
        for found in classes
        for each in found.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_")
    ]


def _arguments(method: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """List what a caller gives; the server gives what has underscores."""
    told = method.args
    for each in [*told.posonlyargs, *told.args, *told.kwonlyargs]:
        if each.arg != "self" and not each.arg.startswith("__"):
            yield each.arg
            if each.arg == _PAYLOAD:
                yield _TEXT


def _parsed(word: str) -> ast.Module:
    from cochat_devkit.operations.check import choose_plugins

    with suppress(DevkitError, SyntaxError, ValueError, RecursionError, MemoryError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen, _tree = choose_plugins(read_config(), [word])
        if len(chosen) == 1:
            return ast.parse(chosen[0].text)
    return ast.Module([], [])
