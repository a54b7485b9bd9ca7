"""Lists that come in pages: searched, narrowed and ordered as the real servers do it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cochat_devkit.resource import Wire

SIZE = 30
_ORDERS = ("name", "created_at", "updated_at")


@dataclass(frozen=True)
class Wish:
    """Hold what a list is asked for; what was not said is None."""

    query: str | None = None
    view_option: str | None = None
    tag: str | None = None
    order_by: str | None = None
    direction: str | None = None
    page: int = 1

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing was asked for but a page."""
        return not (self.query or self.view_option or self.tag or self.order_by or self.direction)

    def is_of(self, owner_id: str, caller_id: str) -> bool:
        """Tell whether a resource of this owner is asked for: one's own, what others shared, or any."""
        if self.view_option == "created":
            return owner_id == caller_id
        return self.view_option != "shared" or owner_id != caller_id

    def is_found_in(self, texts: Iterable[str | None]) -> bool:
        """Tell whether one of the texts has what is searched for."""
        return not self.query or any(is_like(f"%{self.query}%", text) for text in texts if text is not None)


def is_like(pattern: str, text: str) -> bool:
    """Compare as SQLite's LIKE: `%` is anything, `_` one character; only the letters of ASCII are alike in any case."""
    places = {"%": ".*", "_": "."}
    expression = "".join(places.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL | re.IGNORECASE | re.ASCII) is not None


def ordered(rows: list[Wire], wish: Wish, *, usual: str | None) -> list[Wire]:
    """Order rows as wished; `usual` is the key by which the newest come first without a wish, None for no order."""
    key = wish.order_by
    if key is not None and key in _ORDERS:
        return sorted(rows, key=lambda row: row[key], reverse=wish.direction != "asc")
    return sorted(rows, key=lambda row: row[usual], reverse=True) if usual else rows


def cut_page(rows: list[Wire], number: int) -> list[Wire]:
    """Take one page; whatever is before the first is the first."""
    start = (max(1, number) - 1) * SIZE
    return rows[start : start + SIZE]


def is_same_word(word: str, other: str) -> bool:
    """Compare two words; only the letters of ASCII are alike in any case."""
    return re.fullmatch(re.escape(word), other, re.IGNORECASE | re.ASCII) is not None
