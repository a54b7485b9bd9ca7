"""The table of pages: one module for each sort, found by being here, each with its rows named `PAGES`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.web.page import Page


@functools.cache
def all_pages() -> dict[str, Page]:
    """List the pages by name."""
    modules = (importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__))
    return {page.name: page for module in modules for page in module.PAGES}
