"""What the generations do differently with workspace models, as data.

Source: Open WebUI 0.12.4 and 0.6.43, routers/models.py and models/models.py; checked by tests/contract/test_models.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cochat_devkit.server import access
from cochat_devkit.server.forms import CONTROL
from cochat_devkit.server.model_forms import Form06, Form12
from cochat_devkit.server.quirks import NOT_FOUND_401, NOT_FOUND_404, PROHIBITED_401, SOMETHING_WRONG, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cochat_devkit.resource import Wire
    from cochat_devkit.server.access import Caller, Right


@dataclass(frozen=True)
class ModelManners:
    """Say how a generation treats workspace models."""

    form: type[Form06 | Form12]
    missing_on_read: Refusal
    #: what somebody is told who may not read; None: `null`
    not_readable: Refusal | None
    not_stored: Refusal
    #: base model, switch and pictures that an update leaves out stay; otherwise they are reset
    keeps_what_is_left_out: bool
    #: an update moves the time of change
    update_moves_time: bool
    #: only admins make a model without a base, and nobody takes over a foreign one by an import
    guards_bases: bool
    #: readers without the right to write are not shown `params`
    hides_params: bool
    #: lists show pictures
    lists_pictures: bool
    #: lists, items and saves tell the rights and the variables of a model
    tells_more: bool
    #: an import lays `meta` over what is there; otherwise it replaces it
    import_merges_meta: bool
    import_failed: int
    tags_of: Right
    #: whether an ordinary user is listed a model
    is_listed: Callable[[Caller, Wire], bool]


def _is_listed_by_groups(caller: Caller, row: Wire) -> bool:
    """Tell what the 0.6 generation lists: it asks its database for groups and what is public, and not for names."""
    if caller.is_admin or row["user_id"] == caller.id or row[CONTROL] is None:
        return True
    writers = row[CONTROL].get("write") or {}
    return bool(caller.group_ids & set(writers.get("group_ids") or []))


def _is_readable(caller: Caller, row: Wire) -> bool:
    return access.may(caller, "read", row)


MODEL_MANNERS = {
    "0.6": ModelManners(
        form=Form06,
        missing_on_read=NOT_FOUND_401,
        not_readable=None,
        not_stored=Refusal(401, SOMETHING_WRONG),
        keeps_what_is_left_out=False,
        update_moves_time=False,
        guards_bases=False,
        hides_params=False,
        lists_pictures=True,
        tells_more=False,
        import_merges_meta=False,
        import_failed=500,
        tags_of="write",
        is_listed=_is_listed_by_groups,
    ),
    "0.12": ModelManners(
        form=Form12,
        missing_on_read=NOT_FOUND_404,
        not_readable=PROHIBITED_401,
        not_stored=Refusal(500, "Internal Server Error"),
        keeps_what_is_left_out=True,
        update_moves_time=True,
        guards_bases=True,
        hides_params=True,
        lists_pictures=False,
        tells_more=True,
        import_merges_meta=True,
        import_failed=400,
        tags_of="read",
        is_listed=_is_readable,
    ),
}
