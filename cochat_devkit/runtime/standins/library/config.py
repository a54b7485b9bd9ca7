"""`open_webui.config`: the folders that a server works in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cochat_devkit.runtime.standins import home

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

MAKERS: Mapping[str, Callable[[ModuleType], Any]] = {
    "CACHE_DIR": lambda _module: home.folder("cache"),
    "UPLOAD_DIR": lambda _module: home.folder("uploads"),
    "STATIC_DIR": lambda _module: home.folder("static"),
}
