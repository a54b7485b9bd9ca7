"""The page of one resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.web.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cochat_devkit.operations.browse import Catalogue
    from cochat_devkit.web.page import Asked, Params


def _make(catalogue: Catalogue, asked: Asked) -> dict[str, Any]:
    shown = catalogue.shown(asked.params["ref"])
    return {"shown": shown, "text": catalogue.text_of(shown)}


def every_resource(catalogue: Catalogue) -> Iterator[Params]:
    """List the addresses of all resources."""
    return ({"ref": each.ref} for each in catalogue.listed())


PAGES = (Page("resource", "r/{type}/{stem}.html", "resource.html", _make, every_resource),)
