"""What is played and not only named: for some modules, makers of some of their names.

A maker takes the module that is played, and gives the object. Each file plays one module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


def _makers_in(name: str) -> Callable[[], Mapping[str, Callable[[ModuleType], Any]]]:
    """Read the makers of a file when its module is first used."""

    def read() -> Mapping[str, Callable[[ModuleType], Any]]:
        makers: Mapping[str, Callable[[ModuleType], Any]] = import_module(f"{__name__}.{name}").MAKERS
        return makers

    return read


LIBRARY = {
    "open_webui.config": _makers_in("config"),
    "open_webui.env": _makers_in("env"),
    "open_webui.internal.db": _makers_in("db"),
}
