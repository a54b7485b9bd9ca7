"""Whom a body names: the addresses of other resources in it, and the ids that only its own server understands. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds.names import RAW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cochat_devkit.kinds.kind import Kind
    from cochat_devkit.resource import Json


def refs_in(kind: Kind, body: Mapping[str, Json]) -> Iterator[str]:
    """Yield each address in a body; what is named by a bare id of its server comes as `id:…`.

    What stands for a service outside of the server, as `id:server:…`, is nobody's resource and is left out.
    """
    for each in kind.fields:
        for value in (body.get(each.name) or []) if each.codec.refers else []:
            ref = f"{RAW}{value.get('id')}" if isinstance(value, dict) else str(value)
            if not (ref.startswith(RAW) and ":" in ref.removeprefix(RAW)):
                yield ref
