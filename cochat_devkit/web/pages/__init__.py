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


#: the order of the navigation; what is not named here comes behind
_MENU = ("home", "search", "runs", "chain", "graph", "models", "automations", "conflicts")


def menu() -> list[Page]:
    """List the pages that the navigation leads to, in its order."""
    named = {each.name: each for each in all_pages().values() if each.menu}
    return [named[name] for name in dict.fromkeys((*_MENU, *named)) if name in named]
