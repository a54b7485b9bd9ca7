"""The first page: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked


def _make(catalogue: Catalogue, _asked: Asked) -> dict[str, Any]:
    return {"counts": catalogue.counts()}


PAGES = (Page("home", "index.html", "home.html", _make, menu="Overview"),)
