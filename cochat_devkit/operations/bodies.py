"""The bodies of some lines of a list at once, offline: what the files say, or what the server showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.kinds import parse_ref
from cochat_devkit.operations.mirrored import mirror_of
from cochat_devkit.operations.offline import survey
from cochat_devkit.operations.session import exactly, select
from cochat_devkit.sync.decide import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.config import Config
    from cochat_devkit.operations.ls import Listed
    from cochat_devkit.operations.offline import Known
    from cochat_devkit.resource import Body, Key


def bodies_of(config: Config, lines: Sequence[Listed], *, target: str | None) -> dict[str, Body]:
    """Read the bodies by address; `{}` where neither side can be read. What is in step costs no look at the files."""
    found: dict[str, Body] = {}
    apart = [each.ref for each in lines if each.state != Reason.IN_STEP]
    if apart:
        with survey(config, select([*map(exactly, apart)]), target) as surveyed:
            known = surveyed.rest
            found = {ref: _body(known, parse_ref(ref)[0]) for ref in apart}
    with mirror_of(config, target) as (reader, scope):
        for each in lines:
            if scope and not found.get(each.ref):
                found[each.ref] = reader.body_shown(reader.row(scope, *parse_ref(each.ref)[0]))
    return found


def _body(known: Known, key: Key) -> Body:
    local = known.tree.found.get(key)
    return local.resource.body if local is not None else known.reader.body_shown(known.rows.get(key))
