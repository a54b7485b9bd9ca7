"""The first page: what there is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked


def _make(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    return {"counts": Counter(each.type for each in catalogue.listed())}


PAGES = (Page("home", "index.html", "home.html", _make),)
