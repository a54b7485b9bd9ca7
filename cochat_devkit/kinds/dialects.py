"""The generations of servers, and what tells one from the other: one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cochat_devkit.errors import UsageError
from cochat_devkit.tuples import NamedTuple

if TYPE_CHECKING:
    from cochat_devkit.plugin import Generation


class Dialect(NamedTuple):
    """Say how one sort of server speaks.

    `access` names the wire field of access rights: `grants` is `access_grants`, changed through an endpoint of its
    own; `control` is `access_control`, a part of every save (left out, the resource becomes public).
    """

    name: str
    title: str
    generation: Generation
    access: Literal["grants", "control"]
    has_versions: bool
    #: a path that answers JSON on this dialect and HTML on the others of its generation; None for the plain server
    landmark: str | None = None


COCHAT = Dialect("cochat", "CoChat", "0.6", "control", has_versions=False, landmark="/api/custom/agents/")
OWUI_0_6 = Dialect("owui-0.6", "Open WebUI 0.6", "0.6", "control", has_versions=False)
OWUI_0_12 = Dialect("owui-0.12", "Open WebUI 0.12", "0.12", "grants", has_versions=True)

DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in (COCHAT, OWUI_0_12, OWUI_0_6)}


def dialect_named(name: str) -> Dialect:
    """Find a dialect by its name.

    Raises:
        UsageError: there is none.
    """
    if name not in DIALECTS:
        raise UsageError(f"there is no dialect {name!r}", hint=f"use one of: {', '.join(DIALECTS)}")
    return DIALECTS[name]
