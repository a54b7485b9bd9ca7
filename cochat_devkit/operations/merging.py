"""Merge the two sides of a resource, where both started from one body and what comes of it still compiles."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from cochat_devkit.sync.merge import Merged, merge_bodies

if TYPE_CHECKING:
    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Body, Resource
    from cochat_devkit.workspace.tree import LocalResource


def merge_sides(kind: Kind, base: Body | None, local: LocalResource, theirs: Resource) -> Merged:
    """Merge the server's side into ours; what stands against that is in `conflicts`, and the body then ours."""
    ours = local.resource
    if theirs.type != ours.type:
        return Merged(ours.body, ("type",))
    if base is None:
        return Merged(ours.body, ("the body both started from is not known here",))
    merged = merge_bodies(base, ours.body, theirs.body)
    if not merged.conflicts and (fault := compile_fault(kind, local, merged.body)):
        return Merged(ours.body, (f"content (merged, it would not compile: {fault})",))
    return merged


def compile_fault(kind: Kind, present: LocalResource | None, body: Body) -> str | None:
    """Tell why a source is no Python, where the one before it, if there is one to excuse it, was."""
    if kind.plugin is None or kind.text is None:
        return None
    fault = _syntax_fault(str(body[kind.text.name]))
    return fault if fault and (present is None or not _syntax_fault(present.text)) else None


def _syntax_fault(source: str) -> str | None:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return str(error)
    return None
