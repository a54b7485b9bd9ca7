"""The kind table: one module for each kind, found by being here, each with a row named `KIND`."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from cochat_devkit.errors import UnknownKind, UsageError
from cochat_devkit.kinds.kind import Kind
from cochat_devkit.resource import Key, Slug

#: modules that have no row and that few commands need: whoever reads the table need not load them
_WITHOUT_ROW = frozenset({"dialects", "references", "specs", "valves", "wire"})
__all__ = ["Kind", "all_kinds", "kind_named", "parse_ref"]


@functools.cache
def all_kinds() -> tuple[Kind, ...]:
    """List the rows of the table, in the order in which they are written to a server."""
    names = (each.name for each in pkgutil.iter_modules(__path__) if each.name not in _WITHOUT_ROW)
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = [module.KIND for module in modules if isinstance(getattr(module, "KIND", None), Kind)]
    return tuple(sorted(found, key=lambda kind: (kind.write_order, kind.name)))


def kind_named(word: str) -> tuple[Kind, str | None]:
    """Find a kind by its name, its plural, or the name of one of its types: (kind, type or None).

    Raises:
        UnknownKind: none bears that name.
    """
    for kind in all_kinds():
        if word in (kind.name, kind.plural):
            return kind, None
        for type_ in kind.types:
            if word in (type_, f"{type_}s"):
                return kind, type_
    known = sorted({name for kind in all_kinds() for name in (kind.name, *kind.types)})
    raise UnknownKind(f"there is no kind {word!r}", hint=f"kinds: {', '.join(known)}")


def parse_ref(ref: str) -> tuple[Key, str | None]:
    """Read an address `kind/slug`; filter, pipe, action and event stand for function: (key, type or None).

    Raises:
        UnknownKind: the word before the slash is no kind.
        UsageError: there is no slash, or nothing behind it.
    """
    word, slash, slug = ref.partition("/")
    if not slash or not slug:
        raise UsageError(f"{ref!r} is no address", hint="write kind/id, as in tool/web_search or filter/*")
    kind, type_ = kind_named(word)
    return Key(kind.name, Slug(slug)), type_


def ref_of(key: Key, type_: str = "") -> str:
    """Write an address as people do: `filter/billing`, not `function/billing`."""
    return f"{type_ or key.kind}/{key.slug}"
